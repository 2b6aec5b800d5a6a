import { type FloatTile, placeTile, swapsAxes, type Tile } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Store } from '../store/store.js'
import { Normaliser } from './normaliser.js'
import { besideEachOther } from './pairs.js'
import type { Batch, Sample, SiteView } from './samples.js'
import { TileCache } from './tile-cache.js'
import { TilePreparation } from './tile-preparation.js'

/** Room for decoded tiles: all of a small screen, and little beside the images of a large one. */
const defaultCacheBytes = 256 * 2 ** 20

export interface BatchLoaderOptions {
  /** Bytes of decoded tiles to keep. */
  readonly cacheBytes?: number
}

/**
 * Reads samples from a store, corrects, turns and normalises them.
 *
 * Asking for the next batch before working on the present one has it read meanwhile: files are read
 * by the system's threads.
 */
export class BatchLoader implements AsyncDisposable {
  readonly #store: Store
  readonly #normaliser: Normaliser
  readonly #preparation: TilePreparation
  readonly #cache: TileCache
  /** Tiles being read, so that none is read twice at once. */
  readonly #reading = new Map<number, Promise<Tile | FloatTile>>()

  /** @throws {ConfigError} when `normalise` does not fit the store. */
  constructor(
    store: Store,
    normalise: Section<'normalise'>,
    { cacheBytes = defaultCacheBytes }: BatchLoaderOptions = {},
  ) {
    this.#store = store
    this.#normaliser = new Normaliser(store, normalise)
    this.#preparation = new TilePreparation(store, normalise)
    this.#cache = new TileCache(cacheBytes)
  }

  /**
   * The images, units and labels of samples, in their order. All of them are pairs, or none.
   *
   * @returns memory of its own: the caller may keep it and write to it.
   * @throws {StoreError} when the store is damaged.
   * @throws {ConfigError} when a symmetry would turn tiles that are not square.
   */
  async load(samples: readonly Sample[]): Promise<Batch> {
    const { channels, tileShape, screen } = this.#store
    const { height, width } = tileShape
    const controls = samples.flatMap(({ control }) => (control === undefined ? [] : [control]))
    const paired = controls.length > 0
    if (paired && controls.length !== samples.length) {
      throw new RangeError(`${controls.length} pairs among ${samples.length} samples`)
    }
    const [own, beside] = await allOrFirst([
      this.#images(samples),
      ...(paired ? [this.#images(controls)] : []),
    ])
    if (own === undefined) throw new RangeError('no images')
    const images = beside === undefined ? own : besideEachOther(own, beside, channels)
    const units = Int32Array.from(samples, ({ site }) => screen.sites[site]?.unit ?? -1)
    return {
      images,
      shape: [samples.length, (paired ? 2 : 1) * channels, height, width],
      samples,
      units,
      labels: this.#labels(samples),
      controlLabels: paired ? this.#labels(controls) : null,
    }
  }

  /** Waits for reads under way, then forgets all tiles. The store stays open. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#reading.values())
    this.#cache.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** Views, read, turned and normalised: `[view, y, x, channel]`. */
  async #images(views: readonly SiteView[]): Promise<Float32Array> {
    for (const { symmetry } of views) this.#checkSymmetry(symmetry)
    const { channels, tileShape } = this.#store
    const size = channels * tileShape.height * tileShape.width
    const images = new Float32Array(views.length * size)
    const place = ({ site, symmetry }: SiteView, slot: number, tile: Tile | FloatTile) =>
      placeTile(tile, symmetry, this.#normaliser.of(site, tile), images, slot * size)
    const waiting: Promise<void>[] = []
    views.forEach((view, slot) => {
      const key = view.site * this.#store.tilesPerSite + view.tile
      const tile = this.#cache.get(key)
      if (tile !== null) place(view, slot, tile)
      else waiting.push(this.#read(key, view).then((read) => place(view, slot, read)))
    })
    await allOrFirst(waiting)
    return images
  }

  #labels(views: readonly SiteView[]): BigInt64Array {
    const { sites, units } = this.#store.screen
    return BigInt64Array.from(views, ({ site }) =>
      BigInt(units[sites[site]?.unit ?? -1]?.label ?? -1),
    )
  }

  #read(key: number, { site, tile }: SiteView): Promise<Tile | FloatTile> {
    const underWay = this.#reading.get(key)
    if (underWay !== undefined) return underWay
    const reading = this.#store
      .tile(site, tile)
      .then((read) => {
        const prepared = this.#preparation.prepare(site, tile, read)
        this.#cache.set(key, prepared)
        return prepared
      })
      .finally(() => this.#reading.delete(key))
    this.#reading.set(key, reading)
    return reading
  }

  #checkSymmetry(symmetry: SiteView['symmetry']): void {
    const { height, width } = this.#store.tileShape
    if (height === width || !swapsAxes(symmetry)) return
    throw new ConfigError(
      `batches: symmetry ${symmetry} needs square tiles, and those of ${this.#store.path} are ${height}x${width}. Choose from identity, rot180, flipX, flipY, or preprocess with square tiles.`,
    )
  }
}

/** Waits for all, also when one fails, and then throws the first failure. */
async function allOrFirst<T>(promises: readonly Promise<T>[]): Promise<T[]> {
  return (await Promise.allSettled(promises)).map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
}
