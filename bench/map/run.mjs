import fs from 'node:fs'
import { join } from 'node:path'
import { matrix, replicatePrecisions } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * Times the average precision of every treated well against its replicates in other experiments, told
 * from controls (activity) and from other treatments (consistency). Ours runs on one thread, copairs
 * on as many as it takes. Both must find the same mean.
 */

const experiments = 8
const treatments = 277
const controls = 31
const features = 512
const runs = 5
const folder = join(root, '.cache/bench/map')
fs.mkdirSync(folder, { recursive: true })

const profiles = Array.from({ length: experiments }, (_, experiment) =>
  Array.from({ length: treatments + controls }, (_, well) => ({
    cellType: 'HUVEC',
    experiment: `HUVEC-${experiment + 1}`,
    label: Math.min(well, treatments),
    role: /** @type {'treatment' | 'negativeControl'} */ (
      well < treatments ? 'treatment' : 'negativeControl'
    ),
  })),
).flat()
const path = join(folder, 'embeddings.bin')
const peer = new Worker(await requirePeers(), [join(root, 'bench/map/peer.py')])
await peer.ask(`make ${path} ${experiments} ${treatments} ${controls} ${features}`)
const bytes = fs.readFileSync(path)
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
const embeddings = matrix(data, profiles.length, features)

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (const question of /** @type {const} */ (['activity', 'consistency'])) {
  const ours = []
  const theirs = []
  for (let run = -1; run < runs; run++) {
    const began = performance.now()
    const found = replicatePrecisions(embeddings, profiles, question).filter((of) => of !== null)
    const seconds = (performance.now() - began) / 1000
    const mean = found.reduce((sum, of) => sum + of.averagePrecision, 0) / found.length
    const [peerSeconds, peerMean] = await peer.ask(
      `${question} ${path} ${experiments} ${treatments} ${controls} ${features}`,
    )
    if (Math.abs(mean - peerMean) > 1e-5) {
      throw new Error(`${question}: our mean is ${mean}, that of copairs ${peerMean}`)
    }
    if (run < 0) continue // a warm-up
    ours.push(seconds)
    theirs.push(peerSeconds)
  }
  cases[question] = { ours, peer: theirs }
}
peer.close()
const versions = { copairs: '0.5.5' }
publish(compare({ bench: 'map', cases, unit: 's', better: 'lower', versions }))
