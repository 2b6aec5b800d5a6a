import { createHash } from 'node:crypto'
import { augmentationSettings } from '../augmentation/settings.js'
import { type Config, configSchema, type Section } from '../config/config.js'
import { type RandomStream, randomStream } from '../random.js'
import { Store } from '../store/store.js'
import { BatchLoader } from './batch-loader.js'
import { type BatchOrder, epochBatches, partOfRank } from './epoch-batches.js'
import { PlateControls } from './plate-controls.js'
import { samplePool } from './sample-pool.js'
import { treatedSites } from './screen.test.support.js'

// Prints a digest of each batch of drawn configurations, seeds and epochs: `case step digest`. What is
// told on the command line must change none: on how many ranks a batch is read, how much of an epoch had
// been done before, and what is kept in memory. Nor must the number of threads, from the environment.
const [path = '', cases = '0', way = '0'] = process.argv.slice(2)
const store = await Store.open(path)
for (let number = 0; number < Number(cases); number++) {
  await printCase(number, randomStream(Number(way), 'way', number))
}
store.close()

async function printCase(number: number, way: RandomStream): Promise<void> {
  const drawn = randomStream(2027, 'case', number)
  const config = drawConfig(drawn)
  const epoch = 1 + drawn.integer(1000)
  const order = orderOf(config)
  const batches = epochBatches(order, epoch)
  const ranks = 1 + way.integer(4)
  const cacheBytes = way.integer(2) === 0 ? 0 : 2 ** 20
  await using loader = new BatchLoader(store, config.normalise, { cacheBytes })
  const from = way.integer(batches.length)
  // All at once, as they come: what is read beside what must not matter either.
  const digests = await Promise.all(
    batches.slice(from).map((batch) => digestOf(loader, batch, ranks)),
  )
  for (const [index, digest] of digests.entries()) console.log(number, from + index, digest)
}

/** A sampler, what batches are from, weights, pairs, augmentation, normalisation and a seed. */
function drawConfig(drawn: RandomStream): Config {
  const pick = <T>(of: readonly T[]) => of[drawn.integer(of.length)]
  const paired = drawn.integer(3) === 0
  return configSchema.parse({
    seed: drawn.integer(2 ** 31),
    batches: {
      sampler: pick(['shuffled', 'balanced']),
      balanceBy: pick(['class', 'cellType', 'experiment']),
      batchFrom: pick(['all', 'plate', 'experiment', 'cellType']),
      weights: pick([{}, { experiment: { E1: 2.5 } }, { experiment: { E2: 0 } }]),
      pairs: paired ? pick(['control', 'negativeControl']) : 'none',
    },
    training: { batchSize: 1 + drawn.integer(9) },
    augmentation: pick([
      {},
      { tile: 'random', gain: 0.1 },
      ...(paired ? [] : [{ rotation: {}, cutMix: {} }, { mixup: { probability: 0.5 } }]),
    ]),
    normalise: pick([
      { by: 'tile' },
      { by: 'plate', sigma: 0.5 },
      { by: 'site', method: 'robust' },
    ]),
  })
}

function orderOf(config: Config): BatchOrder {
  const { screen, tilesPerSite } = store
  const { batchSize } = config.training
  const section: Section<'batches'> = config.batches
  return {
    ...{ seed: config.seed, tilesPerSite, symmetries: section.symmetries, batchSize },
    pool: samplePool(screen, treatedSites(screen), section, batchSize),
    controls: section.pairs === 'none' ? null : new PlateControls(screen, section.pairs),
    augmentation: augmentationSettings(config, store),
  }
}

/** Samples, images, labels and shares of a batch, put together from the parts of all ranks. */
async function digestOf(
  loader: BatchLoader,
  batch: ReturnType<typeof epochBatches>[number],
  ranks: number,
): Promise<string> {
  const parts = Array.from({ length: ranks }, (_, rank) => partOfRank(batch, rank, ranks))
  const loaded = await Promise.all(
    parts.filter((part) => part.length > 0).map((part) => loader.load(part)),
  )
  const hash = createHash('sha256')
  for (const { samples } of loaded)
    for (const sample of samples) hash.update(JSON.stringify(sample))
  for (const { images } of loaded) hash.update(images)
  for (const { labels } of loaded) hash.update(labels)
  for (const { controlLabels } of loaded) hash.update(controlLabels ?? new Uint8Array())
  for (const { mixed, samples } of loaded) {
    hash.update(mixed?.shares ?? new Float32Array(samples.length).fill(1))
  }
  return hash.digest('hex')
}
