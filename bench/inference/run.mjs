import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/setup/paths.mjs'
import { requireNodePeers, requirePeers } from '../../scripts/setup/peers.mjs'
import { compare, publish } from '../lib/report.mjs'
import { median } from '../lib/statistics.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * Batches of 16 images through one network, in evaluation mode: ours compiled for inference, and each
 * peer's own way, in turn.
 */

const wholeRounds = 7
/** Batches a round, of which the median counts. */
const batches = 5
const images = 16
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(wholeRounds) },
    threads: { type: 'string', default: String(os.availableParallelism()) },
    variant: { type: 'string', default: 'b0' },
    activation: { type: 'string', default: 'silu' },
  },
})
const python = await requirePeers()
const packages = await requireNodePeers()
const network = ['--variant', values.variant, '--activation', values.activation]
const threads = ['--threads', values.threads]
const script = join(root, 'bench/inference/pytorch_peer.py')
const folder = join(root, '.cache/bench/inference')
const model = join(folder, `${values.variant}-${values.activation}.onnx`)
fs.mkdirSync(folder, { recursive: true })
execFileSync(python, [script, ...network, '--export', model], { stdio: ['ignore', 2, 2] })

const here = (/** @type {string} */ file) => join(root, 'bench/inference', file)
const ours = new Worker(process.execPath, [here('ours.mjs'), ...network, ...threads])
/** @type {Record<string, { worker: Worker, precisions: string[] }>} */
const peers = {
  pytorch: {
    worker: new Worker(python, [script, ...network, ...threads]),
    precisions: ['fp32', 'bf16'],
  },
  onnxruntime: {
    worker: new Worker(process.execPath, [
      here('onnxruntime.mjs'),
      ...['--packages', packages, '--model', model],
      ...threads,
    ]),
    precisions: ['fp32'],
  },
  openvino: {
    worker: new Worker(python, [here('openvino_peer.py'), '--model', model, ...threads]),
    precisions: ['fp32', 'bf16'],
  },
}

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const precision of ['fp32', 'bf16']) {
    const own = images / median(await ours.ask(`${precision} ${batches}`))
    for (const [name, { worker, precisions }] of Object.entries(peers)) {
      if (!precisions.includes(precision)) continue
      const figure = images / median(await worker.ask(`${precision} ${batches}`))
      if (round === 0) continue // a warm-up
      const one = cases[`${precision}/${name}`] ?? { ours: [], peer: [] }
      cases[`${precision}/${name}`] = { ours: [...one.ours, own], peer: [...one.peer, figure] }
      process.stderr.write(
        `round ${round}, ${precision}/${name}: ours ${own.toFixed(0)}, peer ${figure.toFixed(0)} images/s\n`,
      )
    }
  }
}
for (const worker of [ours, ...Object.values(peers).map((peer) => peer.worker)]) worker.close()
const versions = { torch: '2.13.0', onnxruntime: '1.30.0', openvino: '2026.4.1' }
const result = compare({ bench: 'inference', cases, unit: 'images/s', better: 'higher', versions })
publish(
  { ...result, settings: { threads: Number(values.threads) } },
  {
    keep:
      Number(values.rounds) === wholeRounds &&
      values.variant === 'b0' &&
      values.activation === 'silu',
  },
)
