import type { FloatTile, Tile } from '@phenoprint/pixels'
import type { Store } from '../store/store.js'
import { TileCache } from './tile-cache.js'

/** Tiles of a store as they are made ready: each read once at a time, the last ones kept. */
export class KeptTiles<T extends Tile | FloatTile> {
  readonly #store: Store
  readonly #make: (site: number, index: number, tile: Tile) => T
  readonly #cache: TileCache<T>
  /** Tiles being read. */
  readonly #reading = new Map<number, Promise<T>>()

  /** @param bytes Bytes of pixels to keep. */
  constructor(store: Store, bytes: number, make: (site: number, index: number, tile: Tile) => T) {
    this.#store = store
    this.#make = make
    this.#cache = new TileCache(bytes)
  }

  /**
   * The tile where it is kept, or a promise of it.
   *
   * @throws {StoreError} when the store is damaged there.
   */
  of(site: number, index: number): T | Promise<T> {
    const key = site * this.#store.tilesPerSite + index
    return this.#cache.get(key) ?? this.#reading.get(key) ?? this.#read(key, site, index)
  }

  /** Waits for reads under way, then forgets all tiles. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#reading.values())
    this.#cache.clear()
  }

  #read(key: number, site: number, index: number): Promise<T> {
    const reading = this.#store
      .tile(site, index)
      .then((tile) => {
        const made = this.#make(site, index, tile)
        this.#cache.set(key, made)
        return made
      })
      .finally(() => this.#reading.delete(key))
    this.#reading.set(key, reading)
    return reading
  }
}
