import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'
import { removeKeptFolders } from '../testing/kept-folder.js'

afterAll(removeKeptFolders)

/** Prints a digest of two epochs of batches: their samples, their images and their labels. */
function program(path: string): string {
  const here = import.meta.dirname
  return `
    import { createHash } from 'node:crypto'
    import { BatchLoader, Store, augmentationSettings, epochBatches, samplePool } from '${here}/../index.js'
    import { configSchema } from '${here}/../config/config.js'
    const store = await Store.open('${path}')
    const config = configSchema.parse({
      seed: 4, batches: { sampler: 'balanced' }, normalise: { by: 'plate', sigma: 0.5 },
      augmentation: { tile: 'random', rotation: {}, cutMix: {} },
    })
    const sites = store.screen.sites.map((_, site) => site)
    const order = {
      seed: 4, tilesPerSite: store.tilesPerSite, symmetries: config.batches.symmetries, batchSize: 5,
      pool: samplePool(store.screen, sites, config.batches, 5), controls: null,
      augmentation: augmentationSettings(config, store),
    }
    const loader = new BatchLoader(store, config.normalise, { cacheBytes: 0 })
    const batches = [1, 2].flatMap((epoch) => epochBatches(order, epoch))
    const loaded = await Promise.all(batches.map((batch) => loader.load(batch)))
    const hash = createHash('sha256').update(JSON.stringify(batches))
    for (const { images, labels, mixed } of loaded) hash.update(images).update(labels).update(mixed.shares)
    console.log(hash.digest('hex'))
    await loader.close()
    store.close()`
}

describe('batches', () => {
  it('are the same to the byte however many threads read', async () => {
    const made = smallScreen({ height: 40, width: 30 })
    const wanted = order(made, { tile: [12, 12] })
    await makeStore(made.screen, wanted, recorder())
    const digests = ['1', '2', '7'].map((threads) =>
      execFileSync(process.execPath, ['--input-type=module', '-e', program(wanted.store.path)], {
        env: { ...process.env, UV_THREADPOOL_SIZE: threads },
        encoding: 'utf8',
      }).trim(),
    )
    expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(digests).size).toBe(1)
  })
})
