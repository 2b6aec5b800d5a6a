import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/** Microseconds a call, from TypeScript and from Python, in turn. */

const names = ['add', 'mul-number', 'in-place', 'view', 'sum']
const runs = 9
const python = await requirePeers()
const ours = new Worker(process.execPath, [join(root, 'bench/binding/ours.mjs')])
const peer = new Worker(python, [join(root, 'bench/binding/peer.py')])
/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = Object.fromEntries(names.map((name) => [name, { ours: [], peer: [] }]))
for (let run = 0; run <= runs; run++) {
  for (const name of names) {
    const [own] = await ours.ask(name)
    const [other] = await peer.ask(name)
    if (run === 0) continue // a warm-up
    cases[name].ours.push(own)
    cases[name].peer.push(other)
  }
}
ours.close()
peer.close()
const versions = { torch: '2.13.0' }
publish(compare({ bench: 'binding', cases, unit: 'microseconds', better: 'lower', versions }))
