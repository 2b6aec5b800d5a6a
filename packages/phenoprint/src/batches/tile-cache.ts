import type { FloatTile, Tile } from '@phenoprint/pixels'

/** Tiles as they are before normalisation, up to a number of bytes; the one that was not asked for longest goes first. */
export class TileCache<T extends Tile | FloatTile> {
  readonly #limit: number
  readonly #tiles = new Map<number, T>()
  #bytes = 0

  /** @param limit Bytes of pixels; 0 keeps nothing. */
  constructor(limit: number) {
    this.#limit = limit
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: number): T | null {
    const tile = this.#tiles.get(key)
    if (tile === undefined) return null
    // A map remembers the order of insertion: the last is the youngest.
    this.#tiles.delete(key)
    this.#tiles.set(key, tile)
    return tile
  }

  set(key: number, tile: T): void {
    const size = tile.pixels.byteLength
    if (size > this.#limit || this.#tiles.has(key)) return
    this.#tiles.set(key, tile)
    this.#bytes += size
    for (const [oldest, { pixels }] of this.#tiles) {
      if (this.#bytes <= this.#limit) break
      this.#tiles.delete(oldest)
      this.#bytes -= pixels.byteLength
    }
  }

  clear(): void {
    this.#tiles.clear()
    this.#bytes = 0
  }
}
