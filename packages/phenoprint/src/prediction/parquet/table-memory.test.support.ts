import { TableReader } from './table-reader.js'
import { TableWriter } from './table-writer.js'

/** Writes and reads a plate of 620 MB; prints whether it came back, and the peak memory of the process. */
const path = process.argv[2] ?? ''
const classes = 1108
const rows = 140_000
const columns = { unit: 'string', tile: 'integer' } as const
const logits = Float32Array.from({ length: classes }, (_, i) => i / 7)

const writer = new TableWriter(path, { columns, classes, precision: 'float32', metadata: {} }, '')
for (let r = 0; r < rows; r++) {
  logits[0] = r
  writer.addRow(logits)
}
writer.endGroup({
  unit: Array.from({ length: rows }, (_, r) => `unit ${r >> 5}`),
  tile: Array.from({ length: rows }, (_, r) => r % 4),
})
writer.finish()

await using reader = await TableReader.open(path, ['unit', 'tile'])
let r = 0
let same = true
for await (const block of reader.blocks(0)) {
  for (let at = 0; at < block.length; at += classes) {
    same &&= block[at] === r++ && block[at + 1107] === logits[1107]
  }
}
same &&= r === rows
console.log(JSON.stringify({ same, megabytes: process.resourceUsage().maxRSS / 1024 }))
