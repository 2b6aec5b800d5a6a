import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Moments, Pixels, StoredTile, Tile } from '@phenoprint/pixels'
import { allOrFirst } from '../all-or-first.js'
import { StoreError } from '../errors.js'
import { silentReporter } from '../run/reporter.js'
import type { Screen } from '../screen/screen.js'
import type { Codec } from './encode-site.js'
import { InPlacePixels } from './in-place-pixels.js'
import { PlateReader } from './plate-reader.js'
import type { SiteStatistics } from './site-statistics.js'
import { readStoredScreen, type StoredScreen, screenFile, storeDigest } from './stored-screen.js'
import { asTile, type TileShape, type Tiling, tiling } from './tiling.js'
import { verifyPixels } from './verify.js'

/** What is wrong with a file of a store. */
export interface StoreFault {
  /** The file, in the store's folder. */
  readonly name: string
  /** Index of the plate whose file it is; null for `screen.json`. */
  readonly plate: number | null
  readonly what: string
}

/** Where tiles lie, and their files kept open until it is disposed of. */
export interface HeldTiles extends Disposable {
  readonly tiles: readonly (StoredTile | null)[]
}

/** The screen of a store and its pixels, tile by tile. Sites are counted as in `screen.sites`. */
export class Store implements Disposable {
  readonly path: string
  /** Only what is there: units and sites without an image are not in it. */
  readonly screen: Screen
  readonly tiling: Tiling
  readonly codec: Codec
  /** SHA-256 of the screen and of all pixels. */
  readonly digest: string
  readonly #files: StoredScreen['files']
  readonly #stored: StoredScreen
  /** Index into the screen's plates, by site. */
  readonly #plateOf: Int32Array
  /** Place among the sites of its plate, by site. */
  readonly #rowOf: Int32Array
  readonly #plateSites: number[][]
  readonly #readers = new Map<number, PlateReader>()
  readonly #inPlace: InPlacePixels | null

  private constructor(path: string, stored: StoredScreen) {
    this.path = path
    this.screen = stored.screen
    this.tiling = tiling(stored.image, stored.tile)
    this.codec = stored.codec
    this.digest = stored.digest
    this.#files = stored.files
    this.#stored = stored
    this.#inPlace =
      stored.inPlace === undefined ? null : new InPlacePixels(path, stored, this.tiling)
    this.#plateOf = new Int32Array(stored.screen.sites.length)
    this.#rowOf = new Int32Array(stored.screen.sites.length)
    this.#plateSites = stored.screen.plates.map(() => [])
    stored.screen.sites.forEach((site, i) => {
      const plate = stored.screen.units[site.unit]?.plate ?? -1
      const sites = this.#plateSites[plate]
      if (sites === undefined) throw this.#fault(`site ${site.id} belongs to no plate`)
      this.#plateOf[i] = plate
      this.#rowOf[i] = sites.length
      sites.push(i)
    })
  }

  /**
   * Opens a store. Plates are opened when first read, their checksums verified as they are read.
   *
   * @param options.verify Reads every pixel first and compares all digests.
   * @throws {StoreError} when it is missing, not finished, or damaged.
   */
  static async open(path: string, options: { readonly verify?: boolean } = {}): Promise<Store> {
    const stored = requireStored(path)
    const store = new Store(path, stored)
    const [fault] = store.#faults(stored)
    if (fault !== undefined) throw store.#fault(fault.what)
    if (options.verify === true) await verifyPixels(store, silentReporter)
    return store
  }

  /**
   * Opens a store whatever the state of its plates, and tells which of them are missing, of another
   * size, or not what `screen.json` says.
   *
   * @throws {StoreError} when it is missing, not finished, or `screen.json` cannot be read.
   */
  static inspect(path: string): { readonly store: Store; readonly faults: readonly StoreFault[] } {
    const stored = requireStored(path)
    const store = new Store(path, stored)
    return { store, faults: [...store.#faults(stored)] }
  }

  /**
   * The same pixels under other labels: what is known of units replaces what the tables say. The
   * digest stays, for it tells what the store holds.
   */
  relabelled(screen: Screen): Store {
    return new Store(this.path, { ...this.#stored, screen })
  }

  /** Whether the pixels are read from plates that somebody else wrote. */
  get isInPlace(): boolean {
    return this.#inPlace !== null
  }

  get imageShape(): TileShape {
    return { height: this.tiling.image.height, width: this.tiling.image.width }
  }

  get tileShape(): TileShape {
    return this.tiling.tile
  }

  get tilesPerSite(): number {
    return this.tiling.tilesPerSite
  }

  get channels(): number {
    return this.tiling.image.channels
  }

  /**
   * The pixels of a tile, `[channel, y, x]`, zero past the edge of the image.
   *
   * @throws {StoreError} when the store is damaged there.
   * @throws {RangeError} when there is no such site or tile.
   */
  async readTile(site: number, tile: number): Promise<Pixels> {
    const [plate, row] = this.#locate(site)
    if (!(tile >= 0 && tile < this.tilesPerSite)) {
      throw new RangeError(`tile ${tile} of a site with ${this.tilesPerSite}`)
    }
    if (this.#inPlace !== null) return this.#inPlace.readTile(site, tile)
    return this.#reader(plate).readTile(row, tile)
  }

  /**
   * Where tiles lie in their files, which stay open until what is returned is disposed of.
   *
   * @returns of each its place, or null where it is all zero and not stored.
   * @throws {StoreError} when the store is damaged there.
   */
  async holdTiles(
    places: readonly { readonly site: number; readonly tile: number }[],
  ): Promise<HeldTiles> {
    const held = new Map<number, Disposable>()
    const release = () => {
      for (const file of held.values()) file[Symbol.dispose]()
    }
    try {
      const tiles = await allOrFirst(
        places.map(async ({ site, tile }) => {
          const [plate, row] = this.#locate(site)
          const reader = this.#reader(plate)
          if (!held.has(plate)) held.set(plate, reader.held())
          return reader.storedTile(row, tile)
        }),
      )
      return { tiles, [Symbol.dispose]: release }
    } catch (error) {
      release()
      throw error
    }
  }

  /** A tile with what is known of its shape: how much of it is padding. */
  async tile(site: number, tile: number): Promise<Tile> {
    return asTile(this.tiling, tile, await this.readTile(site, tile))
  }

  /** Mean, variance and histogram of each channel of a site, as counted by preprocess. */
  statistics(site: number): SiteStatistics {
    const [plate, row] = this.#locate(site)
    return this.#reader(plate).statistics(row)
  }

  /** Mean and variance of each channel of a site; NaN where the channel is missing. */
  moments(site: number): Moments {
    const [plate, row] = this.#locate(site)
    return this.#reader(plate).siteMoments(row)
  }

  /** Sites of a plate, and mean and variance of each, `[site, channel]`. */
  plateMoments(plate: number): Moments & { readonly sites: readonly number[] } {
    return { sites: this.#plateSites[plate] ?? [], ...this.#reader(plate).moments() }
  }

  /**
   * The mean of a plate's images, in blocks as {@link blockGrid} has them: `[channel, row, column]`;
   * NaN where a channel is missing throughout.
   *
   * @throws {StoreError} when the store is of an earlier version that had none.
   */
  plateField(plate: number): Float64Array {
    return this.#reader(plate).field()
  }

  /** Indices of the sites of a plate, in the order they were written. */
  plateSites(plate: number): readonly number[] {
    return this.#plateSites[plate] ?? []
  }

  /** SHA-256 of the pixels of each site of a plate, `[site, 32]`, as counted by preprocess. */
  pixelDigests(plate: number): Uint8Array {
    return this.#reader(plate).pixelDigests()
  }

  /** The file of a plate. */
  plateFile(plate: number): string {
    return join(this.path, this.#files[plate]?.name ?? '')
  }

  /** Index into the screen's plates. */
  plateOf(site: number): number {
    return this.#locate(site)[0]
  }

  close(): void {
    for (const reader of this.#readers.values()) reader[Symbol.dispose]()
    this.#readers.clear()
    this.#inPlace?.[Symbol.dispose]()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  #locate(site: number): readonly [plate: number, row: number] {
    const plate = this.#plateOf[site]
    const row = this.#rowOf[site]
    if (plate === undefined || row === undefined) {
      throw new RangeError(`site ${site} of a store with ${this.#plateOf.length}`)
    }
    return [plate, row]
  }

  #reader(plate: number): PlateReader {
    const open = this.#readers.get(plate)
    if (open !== undefined) return open
    const sites = (this.#plateSites[plate] ?? []).map((index) => {
      const site = this.screen.sites[index]
      return { id: site?.id ?? '', path: (site?.images[0] ?? '').split('/').slice(1).join('/') }
    })
    const digest = this.#files[plate]?.digest ?? ''
    const path = this.plateFile(plate)
    const reader = new PlateReader(path, sites, this.tiling, this.codec, digest)
    this.#readers.set(plate, reader)
    return reader
  }

  *#faults({ files, screen, image, digest }: StoredScreen): Generator<StoreFault> {
    const digests = files.map((file) => file.digest)
    if (files.length !== screen.plates.length || storeDigest(screen, image, digests) !== digest) {
      yield { name: screenFile, plate: null, what: `${screenFile} was changed: its digest differs` }
    }
    for (const [plate, { name, bytes }] of files.entries()) {
      const size = statSync(this.plateFile(plate), { throwIfNoEntry: false })?.size
      if (size === undefined) yield { name, plate, what: `${name} is missing` }
      else if (size !== bytes) {
        yield { name, plate, what: `${name} has ${size} bytes, expected ${bytes}` }
      }
    }
  }

  #fault(what: string): StoreError {
    return new StoreError(
      `store: ${this.path}: ${what}. Run preprocess again: it makes what is missing or says what to delete.`,
    )
  }
}

function requireStored(path: string): StoredScreen {
  const stored = readStoredScreen(path)
  if (stored !== null) return stored
  throw new StoreError(
    `store: ${join(path, screenFile)} is missing: there is no store here, or it is not finished. Run \`phenoprint preprocess\` with store.path: ${path}, or correct store.path.`,
  )
}
