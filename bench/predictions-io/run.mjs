import fs from 'node:fs'
import { join } from 'node:path'
import { matrix, readPredictions, writePredictions } from '@phenoprint/phenoprint'
import { root } from '../../scripts/setup/paths.mjs'
import { requirePeers } from '../../scripts/setup/peers.mjs'
import { compare, publish } from '../lib/report.mjs'
import { Worker } from '../lib/worker.mjs'

/**
 * Times the predictions of as many wells as RxRx1 has to call: from memory to a file that is on the
 * disk, and back. Both write a row group a plate, numbers that are not compressed and checksums, and
 * both read our file and verify them.
 */

const wells = 19_897
const classes = 1108
const plates = 72
const runs = 7
const folder = join(root, '.cache/bench/predictions-io')
fs.mkdirSync(folder, { recursive: true })

const rows = Array.from({ length: wells }, (_, i) => {
  const index = Math.floor((i * plates) / wells)
  const experiment = `HUVEC-${String(1 + Math.floor(index / 4)).padStart(2, '0')}`
  const plate = String(1 + (index % 4))
  const well = `W${i}`
  const unit = `${experiment}/${plate}/${well}`
  const code = `${experiment}_${plate}_${well}`
  return {
    unit,
    code,
    experiment,
    plate,
    well,
    cellType: 'HUVEC',
    role: /** @type {const} */ ('treatment'),
    label: i % 3 === 0 ? null : i % classes,
  }
})
const data = new Float32Array(wells * classes)
for (let i = 0, state = 1; i < data.length; i++) {
  state = Math.imul(state, 1664525) + 1013904223
  data[i] = state / 2 ** 28
}
const numbers = join(folder, 'numbers.bin')
const names = join(folder, 'names.json')
fs.writeFileSync(numbers, data)
const columns = {
  unit: rows.map(({ unit }) => unit),
  code: rows.map(({ code }) => code),
  experiment: rows.map(({ experiment }) => experiment),
  plate: rows.map(({ plate }) => plate),
  well: rows.map(({ well }) => well),
  cellType: rows.map(({ cellType }) => cellType),
  role: rows.map(({ role }) => role),
  label: rows.map(({ label }) => label),
}
fs.writeFileSync(names, JSON.stringify(columns))

/** @type {import('@phenoprint/phenoprint').PredictionHeader} */
const header = {
  version: 1,
  screen: 'RxRx1',
  synthetic: true,
  split: 'test',
  classes,
  classNames: null,
  scores: 'logits',
  reduce: 'logitMean',
  symmetries: ['identity'],
}
const block = { rows, logits: matrix(data, wells, classes) }
const own = join(folder, 'ours.parquet')
const theirs = join(folder, 'peer.parquet')
const peer = new Worker(await requirePeers(), [join(root, 'bench/predictions-io/peer.py')])

/** @type {Record<string, import('../lib/report.mjs').Case>} */
const cases = { write: { ours: [], peer: [] }, read: { ours: [], peer: [] } }
for (let run = 0; run <= runs; run++) {
  const began = performance.now()
  writePredictions(own, header, block)
  const written = performance.now()
  const found = await readPredictions(own)
  const read = performance.now()
  if (Buffer.compare(bytesOf(found.logits.data), bytesOf(data)) !== 0) {
    throw new Error('our reader gave other numbers than were written')
  }
  const [peerWrites] = await peer.ask(`write ${numbers} ${names} ${theirs}`)
  const [peerReads] = await peer.ask(`read ${numbers} ${names} ${own}`)
  if (run === 0) continue // a warm-up
  cases.write.ours.push((written - began) / 1000)
  cases.write.peer.push(peerWrites)
  cases.read.ours.push((read - written) / 1000)
  cases.read.peer.push(peerReads)
}
peer.close()
const versions = { pyarrow: '26.0.1' }
publish(compare({ bench: 'predictions-io', cases, unit: 's', better: 'lower', versions }))

/** @param {Float32Array | Float64Array} values */
function bytesOf(values) {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}
