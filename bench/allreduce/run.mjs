import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { RankWorkers } from '../lib/ranks.mjs'
import { compare, publish } from '../lib/report.mjs'
import { median } from '../lib/statistics.mjs'

/** Milliseconds of a sum over two ranks of this machine; 21.7 MB are the gradients of EfficientNet-B0. */

/** Floats. */
const sizes = { '4 B': 1, '64 KiB': 16_384, '4 MiB': 1_048_576, '21.7 MB': 5_425_000 }
const runs = 9
const python = await requirePeers()
const ours = await RankWorkers.start(process.execPath, [join(root, 'bench/allreduce/ours.mjs')], 2)
const peer = await RankWorkers.start(python, [join(root, 'bench/allreduce/peer.py')], 2)
/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (let run = 0; run <= runs; run++) {
  for (const [name, floats] of Object.entries(sizes)) {
    const own = median(await ours.ask(`${floats}`))
    const other = median(await peer.ask(`${floats}`))
    if (run === 0) continue // a warm-up
    cases[name] ??= { ours: [], peer: [] }
    cases[name].ours.push(own)
    cases[name].peer.push(other)
  }
}
ours.close()
peer.close()
const versions = { torch: '2.13.0' }
publish(compare({ bench: 'allreduce', cases, unit: 'milliseconds', better: 'lower', versions }))
