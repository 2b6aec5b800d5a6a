import {
  type FloatTile,
  type ImageValues,
  placeTile,
  swapsAxes,
  type Tile,
} from '@phenoprint/pixels'
import { allOrFirst } from '../all-or-first.js'
import { withGain } from '../augmentation/augment-tile.js'
import { mixImages } from '../augmentation/mix-images.js'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Store } from '../store/store.js'
import { DirectTiles, type ViewPlace } from './direct-tiles.js'
import { ImageBuffers } from './image-buffers.js'
import { Normaliser } from './normaliser.js'
import { besideEachOther } from './pairs.js'
import type { Batch, MixedIn, Sample, SiteView } from './samples.js'
import { TilePreparation } from './tile-preparation.js'
import { ViewTiles } from './view-tiles.js'

/** Of a training step: its batch, its controls for batch norm, and the same of the next. */
const keptBuffers = 4
/** Room for decoded tiles: all of a small screen, and little beside the images of a large one. */
const defaultCacheBytes = 256 * 2 ** 20

export interface BatchLoaderOptions {
  /** Bytes of decoded tiles to keep. */
  readonly cacheBytes?: number
  /**
   * Of images that nothing is computed on after they are normalised: neither mixed nor in pairs. What
   * rounds float32 to bfloat16 first thing gets the same numbers, in half the memory.
   */
  readonly values?: 'float32' | 'bfloat16'
}

/**
 * Reads samples from a store, corrects, augments, turns, normalises and mixes them.
 *
 * Asking for the next batch before working on the present one has it read meanwhile: files are read
 * by the system's threads.
 */
export class BatchLoader implements AsyncDisposable {
  readonly #store: Store
  readonly #normaliser: Normaliser
  readonly #tiles: ViewTiles
  readonly #direct: DirectTiles
  readonly #buffers = new ImageBuffers(keptBuffers)
  readonly #rounds: boolean

  /** @throws {ConfigError} when `normalise` does not fit the store. */
  constructor(
    store: Store,
    normalise: Section<'normalise'>,
    { cacheBytes = defaultCacheBytes, values = 'float32' }: BatchLoaderOptions = {},
  ) {
    this.#store = store
    this.#rounds = values === 'bfloat16'
    this.#normaliser = new Normaliser(store, normalise)
    const preparation = new TilePreparation(store, normalise)
    this.#tiles = new ViewTiles(store, preparation, cacheBytes)
    this.#direct = new DirectTiles(store, normalise, this.#normaliser, preparation, cacheBytes)
  }

  /**
   * The images, units and labels of samples, in their order. All of them are pairs, or none.
   *
   * @param normControls Views whose images alone are wanted.
   * @returns memory of its own: the caller may keep it and write to it, or release it for later batches.
   * @throws {StoreError} when the store is damaged.
   * @throws {ConfigError} when a symmetry would turn tiles that are not square.
   */
  async load(samples: readonly Sample[], normControls: readonly SiteView[] = []): Promise<Batch> {
    const { channels, tileShape } = this.#store
    const { height, width } = tileShape
    const controls = samples.flatMap(({ control }) => (control === undefined ? [] : [control]))
    const paired = controls.length > 0
    if (paired && controls.length !== samples.length) {
      throw new RangeError(`${controls.length} pairs among ${samples.length} samples`)
    }
    const plain = !paired && samples.every(({ mix }) => mix === undefined)
    const [images, forNorm] =
      this.#rounds && plain
        ? await allOrFirst([
            this.#images(Uint16Array, samples),
            this.#images(Uint16Array, normControls),
          ])
        : await allOrFirst([
            this.#computed(samples, controls),
            this.#images(Float32Array, normControls),
          ])
    if (images === undefined || forNorm === undefined) throw new RangeError('no images')
    let lent = [images, forNorm]
    return {
      images,
      release: () => {
        for (const array of lent) this.#buffers.give(array)
        lent = []
      },
      shape: [samples.length, (paired ? 2 : 1) * channels, height, width],
      samples,
      units: this.#units(samples),
      labels: this.#labels(samples),
      controlLabels: paired ? this.#labels(controls) : null,
      normControls: normControls.length > 0 ? forNorm : null,
      mixed: this.#mixedIn(samples),
    }
  }

  /** Waits for reads under way, then forgets all tiles. The store stays open. */
  async close(): Promise<void> {
    await this.#tiles.close()
    this.#buffers.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  /** The images of samples, mixed where they are to be, with those of their controls in pairs. */
  async #computed(
    samples: readonly Sample[],
    controls: readonly SiteView[],
  ): Promise<Float32Array> {
    const [own, beside] = await allOrFirst([
      this.#mixed(samples),
      this.#images(Float32Array, controls),
    ])
    if (own === undefined || beside === undefined) throw new RangeError('no images')
    return controls.length > 0 ? besideEachOther(own, beside, this.#store.channels) : own
  }

  /** The images of samples, mixed where they are to be: `[sample, y, x, channel]`. */
  async #mixed(samples: readonly Sample[]): Promise<Float32Array> {
    if (samples.every(({ mix }) => mix === undefined)) return this.#images(Float32Array, samples)
    const views: SiteView[] = [...samples]
    const places = new Map(samples.map((sample, place) => [keyOf(sample), place]))
    const mixes = samples.map(({ mix }) => {
      if (mix === undefined) return null
      const key = keyOf(mix.view)
      // On one of several ranks the other sample may be another's.
      const partner = places.get(key) ?? views.push(mix.view) - 1
      places.set(key, partner)
      return { partner, share: mix.share, box: mix.box }
    })
    const { channels, tileShape } = this.#store
    return mixImages(
      { images: await this.#images(Float32Array, views), channels, ...tileShape },
      mixes,
    )
  }

  /** Views, read, turned and normalised: `[view, y, x, channel]`. */
  async #images<Kind extends ImageValues>(
    Kind: new (length: number) => Kind,
    views: readonly SiteView[],
  ): Promise<Kind> {
    for (const { symmetry } of views) this.#checkSymmetry(symmetry)
    const { channels, tileShape } = this.#store
    const size = channels * tileShape.height * tileShape.width
    const images = this.#buffers.take(Kind, views.length * size)
    const places = views.map((view, slot) => ({ view, offset: slot * size }))
    const [direct, read] = this.#divided(places)
    const waiting = [this.#placeDirectly(direct, images)]
    for (const { view, offset } of read) {
      const tile = this.#tiles.of(view)
      if (tile instanceof Promise) {
        waiting.push(tile.then((tile) => this.#place(view, tile, images, offset)))
      } else {
        this.#place(view, tile, images, offset)
      }
    }
    await allOrFirst(waiting)
    return images
  }

  /** Those that may go from their file to the batch in one go, and those that may not. */
  #divided(
    places: readonly ViewPlace[],
  ): [direct: readonly ViewPlace[], read: readonly ViewPlace[]] {
    if (!this.#direct.isPossible) return [[], places]
    const isPlain = ({ view }: ViewPlace) => view.augmentation === undefined
    return [places.filter(isPlain), places.filter((place) => !isPlain(place))]
  }

  async #placeDirectly(places: readonly ViewPlace[], images: ImageValues): Promise<void> {
    const left = places.length > 0 ? await this.#direct.place(places, images) : []
    await allOrFirst(
      left.map(async ({ view, offset }) =>
        this.#place(view, await this.#tiles.of(view), images, offset),
      ),
    )
  }

  #place(view: SiteView, tile: AnyTile, images: ImageValues, offset: number): void {
    const { site, symmetry, augmentation } = view
    const plain = this.#normaliser.of(site, tile)
    const normalisation = augmentation === undefined ? plain : withGain(plain, augmentation)
    placeTile(tile, symmetry, normalisation, images, offset)
  }

  #mixedIn(samples: readonly Sample[]): MixedIn | null {
    if (samples.every(({ mix }) => mix === undefined)) return null
    const others = samples.map((sample) => sample.mix?.view ?? sample)
    return {
      units: this.#units(others),
      labels: this.#labels(others),
      shares: Float32Array.from(samples, ({ mix }) => mix?.share ?? 1),
    }
  }

  #units(views: readonly SiteView[]): Int32Array {
    return Int32Array.from(views, ({ site }) => this.#store.screen.sites[site]?.unit ?? -1)
  }

  #labels(views: readonly SiteView[]): BigInt64Array {
    const { sites, units } = this.#store.screen
    return BigInt64Array.from(views, ({ site }) =>
      BigInt(units[sites[site]?.unit ?? -1]?.label ?? -1),
    )
  }

  #checkSymmetry(symmetry: SiteView['symmetry']): void {
    const { height, width } = this.#store.tileShape
    if (height === width || !swapsAxes(symmetry)) return
    throw new ConfigError(
      `batches: symmetry ${symmetry} needs square tiles, and those of ${this.#store.path} are ${height}x${width}. Choose from identity, rot180, flipX, flipY, or preprocess with square tiles.`,
    )
  }
}

type AnyTile = Tile | FloatTile

/** Two views of one key have the same pixels. */
function keyOf({ site, tile, symmetry, augmentation }: SiteView): string {
  return JSON.stringify([site, tile, symmetry, augmentation])
}
