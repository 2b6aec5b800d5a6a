import { resolve } from 'node:path'
import type { Pixels } from '@phenoprint/pixels'
import { FieldReader } from './field-reader.js'
import type { StoredScreen } from './stored-screen.js'
import { cutTile, filledPart, type Tiling } from './tiling.js'

/** Decoded sites that are kept where a chunk is larger than a tile: the next tile is in it too. */
const keptBytes = 64 * 2 ** 20

/** Tiles of a store whose pixels stay in the OME-Zarr plates that they came in. */
export class InPlacePixels implements Disposable {
  readonly #reader = new FieldReader()
  readonly #paths: readonly string[]
  readonly #planes: readonly number[]
  readonly #tiling: Tiling
  readonly #kept = new Map<number, Promise<Pixels>>()
  readonly #most: number

  /** @param store The store's folder: the plates' is found from there. */
  constructor(store: string, { inPlace, screen }: StoredScreen, of: Tiling) {
    const folder = resolve(store, inPlace?.folder ?? '')
    this.#paths = inPlace?.fields.map((field) => resolve(folder, field)) ?? []
    this.#planes = screen.channels.map(({ plane }, index) => plane ?? index)
    this.#tiling = of
    const { channels, height, width, dtype } = of.image
    const bytes = channels * height * width * (dtype === 'uint8' ? 1 : 2)
    this.#most = Math.max(1, Math.floor(keptBytes / bytes))
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]()
    this.#kept.clear()
  }

  /** @throws {ImageError} naming the field, when it cannot be read. */
  async readTile(site: number, tile: number): Promise<Pixels> {
    const path = this.#paths[site] ?? ''
    const field = await this.#reader.field(path)
    const { tile: shape, image } = this.#tiling
    if (field.chunk[0] > shape.height || field.chunk[1] > shape.width) {
      return cutTile(this.#tiling, tile, await this.#site(site, path))
    }
    const part = filledPart(this.#tiling, tile)
    const pixels = await this.#reader.read(path, this.#planes, part)
    if (part.height === shape.height && part.width === shape.width) return pixels
    const alone = { ...this.#tiling, image: { ...image, ...part }, rows: 1, columns: 1 }
    return cutTile(alone, 0, pixels)
  }

  #site(site: number, path: string): Promise<Pixels> {
    const known = this.#kept.get(site)
    if (known !== undefined) return known
    const { height, width } = this.#tiling.image
    const pixels = this.#reader.read(path, this.#planes, { top: 0, left: 0, height, width })
    if (this.#kept.size >= this.#most) {
      const [oldest] = this.#kept.keys()
      if (oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#kept.set(site, pixels)
    pixels.catch(() => this.#kept.delete(site))
    return pixels
  }
}
