import { placeTile, swapsAxes, type Tile } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Store } from '../store/store.js'
import { Normaliser } from './normaliser.js'
import type { Batch, Sample } from './samples.js'
import { TileCache } from './tile-cache.js'

/** Room for decoded tiles: all of a small screen, and little beside the images of a large one. */
const defaultCacheBytes = 256 * 2 ** 20

export interface BatchLoaderOptions {
  /** Bytes of decoded tiles to keep. */
  readonly cacheBytes?: number
}

/**
 * Reads samples from a store, turns and normalises them.
 *
 * Asking for the next batch before working on the present one has it read meanwhile: files are read
 * by the system's threads.
 */
export class BatchLoader implements AsyncDisposable {
  readonly #store: Store
  readonly #normaliser: Normaliser
  readonly #cache: TileCache
  /** Tiles being read, so that none is read twice at once. */
  readonly #reading = new Map<number, Promise<Tile>>()

  constructor(
    store: Store,
    normalise: Section<'normalise'>,
    { cacheBytes = defaultCacheBytes }: BatchLoaderOptions = {},
  ) {
    this.#store = store
    this.#normaliser = new Normaliser(store, normalise)
    this.#cache = new TileCache(cacheBytes)
  }

  /**
   * The images, units and labels of samples, in their order.
   *
   * @returns memory of its own: the caller may keep it and write to it.
   * @throws {StoreError} when the store is damaged.
   * @throws {ConfigError} when a symmetry would turn tiles that are not square.
   */
  async load(samples: readonly Sample[]): Promise<Batch> {
    const { channels, tileShape, screen } = this.#store
    const { height, width } = tileShape
    for (const { symmetry } of samples) this.#checkSymmetry(symmetry)
    const size = channels * height * width
    const images = new Float32Array(samples.length * size)
    const place = ({ site, symmetry }: Sample, slot: number, tile: Tile) =>
      placeTile(tile, symmetry, this.#normaliser.of(site, tile), images, slot * size)
    const waiting: Promise<void>[] = []
    samples.forEach((sample, slot) => {
      const key = sample.site * this.#store.tilesPerSite + sample.tile
      const tile = this.#cache.get(key)
      if (tile !== null) place(sample, slot, tile)
      else waiting.push(this.#read(key, sample).then((read) => place(sample, slot, read)))
    })
    await allOrFirst(waiting)
    const units = Int32Array.from(samples, ({ site }) => screen.sites[site]?.unit ?? -1)
    const labels = BigInt64Array.from(units, (unit) => BigInt(screen.units[unit]?.label ?? -1))
    return { images, shape: [samples.length, channels, height, width], samples, units, labels }
  }

  /** Waits for reads under way, then forgets all tiles. The store stays open. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#reading.values())
    this.#cache.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  #read(key: number, { site, tile }: Sample): Promise<Tile> {
    const underWay = this.#reading.get(key)
    if (underWay !== undefined) return underWay
    const reading = this.#store
      .tile(site, tile)
      .then((read) => {
        this.#cache.set(key, read)
        return read
      })
      .finally(() => this.#reading.delete(key))
    this.#reading.set(key, reading)
    return reading
  }

  #checkSymmetry(symmetry: Sample['symmetry']): void {
    const { height, width } = this.#store.tileShape
    if (height === width || !swapsAxes(symmetry)) return
    throw new ConfigError(
      `batches: symmetry ${symmetry} needs square tiles, and those of ${this.#store.path} are ${height}x${width}. Choose from identity, rot180, flipX, flipY, or preprocess with square tiles.`,
    )
  }
}

/** Waits for all, also when one fails, and then throws the first failure. */
async function allOrFirst(promises: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(promises)) {
    if (outcome.status === 'rejected') throw outcome.reason
  }
}
