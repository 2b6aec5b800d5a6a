import fs from 'node:fs'
import { createInterface } from 'node:readline'
import { BatchLoader, loadConfig, Store } from '@phenoprint/phenoprint'

/**
 * Our side: reads lines `TILES`, answers with the seconds that so many tiles take and the greatest
 * private memory in MiB. As training does, it asks for a batch while it has another.
 */

const [file = '', path = ''] = process.argv.slice(2)
const config = loadConfig(file, {})
const store = await Store.open(path)
const batch = 32
/** Nothing is kept, as of a screen that is larger than memory. */
const loader = new BatchLoader(store, config.normalise, { cacheBytes: 0 })

/** @param {number} index a fixed mixing, so that tiles come in no order of the file. */
const sampleAt = (index) => {
  const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0
  const symmetries = config.batches.symmetries
  return {
    site: mixed % store.screen.sites.length,
    tile: (mixed >>> 12) % store.tilesPerSite,
    symmetry: symmetries[(mixed >>> 20) % symmetries.length] ?? 'identity',
  }
}

/** Resident memory that is no file's. */
function privateBytes() {
  const [, resident = 0, shared = 0] = fs
    .readFileSync('/proc/self/statm', 'utf8')
    .split(' ')
    .map(Number)
  return (resident - shared) * 4096
}

for await (const line of createInterface({ input: process.stdin })) {
  const tiles = Number(line)
  const began = performance.now()
  /** @param {number} first */
  const load = (first) =>
    loader.load(
      Array.from({ length: Math.min(batch, tiles - first) }, (_, i) => sampleAt(first + i)),
    )
  let count = 0
  let memory = 0
  let coming = load(0)
  for (let first = 0; first < tiles; first += batch) {
    const { shape, release } = await coming
    if (first + batch < tiles) coming = load(first + batch)
    count += shape[0]
    memory = Math.max(memory, privateBytes())
    release()
  }
  if (count !== tiles) throw new Error(`${count} of ${tiles} tiles came`)
  console.log(JSON.stringify([(performance.now() - began) / 1000, memory / 2 ** 20]))
}
