import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { jemallocEnvironment } from './jemalloc.mjs'
import { compare, publish } from './report.mjs'
import { median } from './statistics.mjs'
import { Worker } from './worker.mjs'

const precisions = ['fp32', 'bf16']
/** Beside tuned peers, and beside stock PyTorch alone. */
const roundsOf = { tuned: 5, stock: 3 }
/** Steps a round, of which the median counts. */
const steps = 3

/**
 * Times one training step, ours and stock PyTorch's in turn.
 *
 * @param {object} network
 * @param {string} network.bench its name.
 * @param {string} network.variant b0, b2, b3 or b4.
 * @param {string} network.activation silu or mish.
 * @param {boolean} [network.tuned] also beside PyTorch under jemalloc, and beside torch.compile.
 */
export async function benchTrainStep({ bench, variant, activation, tuned = false }) {
  const rounds = tuned ? roundsOf.tuned : roundsOf.stock
  const { values } = parseArgs({
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: String(rounds) },
      threads: { type: 'string', default: String(os.availableParallelism()) },
      'no-compile': { type: 'boolean', default: false },
    },
  })
  const python = await requirePeers()
  const args = ['--variant', variant, '--activation', activation, '--threads', values.threads]
  const script = join(root, 'bench/train-step/peer.py')
  const ours = new Worker(process.execPath, [join(root, 'bench/train-step/ours.mjs'), ...args])
  /** @type {Map<string, Worker>} */
  const peers = new Map([['', new Worker(python, [script, ...args])]])
  if (tuned) {
    peers.set('/jemalloc', new Worker(python, [script, ...args], jemallocEnvironment()))
    if (!values['no-compile'])
      peers.set('/compile', new Worker(python, [script, ...args, '--compile']))
  }
  /** @type {Record<string, import('./report.mjs').Case>} */
  const cases = {}
  for (let round = 0; round <= Number(values.rounds); round++) {
    for (const precision of precisions) {
      const own = median(await ours.ask(`${precision} ${steps}`))
      for (const [suffix, peer] of peers) {
        const figure = median(await peer.ask(`${precision} ${steps}`))
        if (round === 0) continue // a warm-up
        const one = cases[precision + suffix] ?? { ours: [], peer: [] }
        cases[precision + suffix] = { ours: [...one.ours, own], peer: [...one.peer, figure] }
        process.stderr.write(
          `round ${round}, ${precision}${suffix}: ours ${own.toFixed(3)} s, peer ${figure.toFixed(3)} s\n`,
        )
      }
    }
  }
  for (const worker of [ours, ...peers.values()]) worker.close()
  const result = compare({
    bench,
    cases,
    unit: 's',
    better: 'lower',
    versions: { torch: '2.13.0' },
  })
  publish(
    { ...result, settings: { threads: Number(values.threads) } },
    { keep: Number(values.rounds) === rounds && !values['no-compile'] },
  )
}
