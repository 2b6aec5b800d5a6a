import fs from 'node:fs'
import { join } from 'node:path'
import { linearAssignment, matrix } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * Times one assignment, ours and scipy's in turn, on the same costs: those of predictions, and
 * uniform random numbers. Both get a matrix in double precision and return a column for each row.
 */

const runs = 15
const folder = join(root, '.cache/bench/assignment')
fs.mkdirSync(folder, { recursive: true })
const peer = new Worker(await requirePeers(), [join(root, 'bench/assignment/peer.py')])

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = {}
for (const kind of ['predictions', 'uniform']) {
  for (const size of [277, 1108]) {
    const path = join(folder, `${kind}-${size}.bin`)
    await peer.ask(`make ${path} ${size} ${kind}`)
    const bytes = fs.readFileSync(path)
    const data = new Float64Array(
      bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
    )
    const cost = matrix(data, size, size)
    const ours = []
    const theirs = []
    for (let run = -3; run < runs; run++) {
      const began = performance.now()
      const columns = linearAssignment(cost)
      const milliseconds = performance.now() - began
      const [seconds, total] = await peer.ask(`assign ${path} ${size}`)
      const ownTotal = columns.reduce((sum, column, row) => sum + data[row * size + column], 0)
      if (Math.abs(ownTotal - total) > 1e-9 * total) {
        throw new Error(`${path}: our total is ${ownTotal}, scipy's ${total}`)
      }
      if (run < 0) continue // a warm-up
      ours.push(milliseconds)
      theirs.push(1000 * seconds)
    }
    cases[kind === 'predictions' ? String(size) : `${size}/${kind}`] = { ours, peer: theirs }
  }
}
peer.close()
publish(
  compare({
    bench: 'assignment',
    cases,
    unit: 'ms',
    better: 'lower',
    versions: { scipy: '1.17.1' },
  }),
)
