import fs from 'node:fs'
import {
  BatchLoader,
  epochBatches,
  loadConfig,
  Store,
  samplePool,
  splitScreen,
} from '@phenoprint/phenoprint'

/**
 * In a process of its own: prints the seconds that opening a store takes, the seconds from the start of
 * the process to a training's first batch, and the memory in MiB that it has then.
 */

const [path = '', recipe = ''] = process.argv.slice(2)
const config = loadConfig(recipe, {})
const began = performance.now()
const store = await Store.open(path)
const opened = (performance.now() - began) / 1000
const { screen, tilesPerSite } = store
const split = splitScreen(screen, config.split)
const sites = split.train.flatMap((unit) => screen.units[unit]?.sites ?? [])
const { symmetries } = config.batches
const { batchSize } = config.training
const order = {
  ...{ seed: config.seed, tilesPerSite, symmetries, batchSize, controls: null, augmentation: null },
  pool: samplePool(screen, sites, config.batches, batchSize),
}
const [first] = epochBatches(order, 1)
const loader = new BatchLoader(store, config.normalise)
const { shape } = await loader.load(first ?? [])
if (shape[0] !== batchSize) throw new Error(`a batch of ${shape[0]}, not of ${batchSize}`)
const memory = Number(fs.readFileSync('/proc/self/statm', 'utf8').split(' ')[1]) * 4096
console.log(JSON.stringify([opened, performance.now() / 1000, memory / 2 ** 20]))
process.exit()
