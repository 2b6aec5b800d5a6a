import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { RankWorkers } from '../lib/ranks.mjs'
import { compare, publish } from '../lib/report.mjs'
import { median } from '../lib/statistics.mjs'

/** Seconds of a training step over 1 and 2 ranks of one thread, which share the batch. */

const usual = 5
const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: String(usual) },
  },
})
const python = await requirePeers()
const sizes = { 'one rank': 1, 'two ranks': 2 }
/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (const [name, size] of Object.entries(sizes)) {
  const ours = await RankWorkers.start(process.execPath, [join(root, 'bench/ranks/ours.mjs')], size)
  const peer = await RankWorkers.start(python, [join(root, 'bench/ranks/peer.py')], size)
  cases[name] = { ours: [], peer: [] }
  for (let round = 0; round <= Number(values.rounds); round++) {
    const own = median(await ours.ask('3'))
    const other = median(await peer.ask('3'))
    if (round === 0) continue // a warm-up
    cases[name].ours.push(own)
    cases[name].peer.push(other)
    process.stderr.write(
      `round ${round}, ${name}: ours ${own.toFixed(3)} s, peer ${other.toFixed(3)} s\n`,
    )
  }
  ours.close()
  peer.close()
}
const result = compare({
  bench: 'ranks',
  cases,
  unit: 's',
  better: 'lower',
  versions: { torch: '2.13.0' },
})
/** @param {Record<string, number>} figures */
const scaling = (figures) => Number((figures['one rank'] / figures['two ranks']).toFixed(2))
const settings = { threads: 1, scaling: scaling(result.ours), peerScaling: scaling(result.peer) }
publish({ ...result, settings }, { keep: Number(values.rounds) === usual })
