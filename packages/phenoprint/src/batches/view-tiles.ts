import type { FloatTile, Tile } from '@phenoprint/pixels'
import { augmentTile, changesPixels, movesPixels } from '../augmentation/augment-tile.js'
import type { Augmentation } from '../augmentation/augmentation.js'
import { partRead, tileMap } from '../augmentation/tile-map.js'
import type { Store } from '../store/store.js'
import { filledPart, type ImagePart } from '../store/tiling.js'
import { KeptTiles } from './kept-tiles.js'
import { readPart } from './read-part.js'
import type { SiteView } from './samples.js'
import type { TilePreparation } from './tile-preparation.js'

/** The pixels of views before they are turned and normalised: read, corrected, blurred, augmented. */
export class ViewTiles {
  readonly #store: Store
  readonly #preparation: TilePreparation
  /** As they are in the store. */
  readonly #raw: KeptTiles<Tile>
  /** Corrected and blurred. */
  readonly #prepared: KeptTiles<Tile | FloatTile>

  /** @param cacheBytes Bytes of decoded tiles to keep. */
  constructor(store: Store, preparation: TilePreparation, cacheBytes: number) {
    const asTheyAre = preparation.changesNothing
    this.#store = store
    this.#preparation = preparation
    this.#raw = new KeptTiles(store, asTheyAre ? cacheBytes : cacheBytes / 2, (_, __, tile) => tile)
    this.#prepared = asTheyAre
      ? this.#raw
      : new KeptTiles(store, cacheBytes / 2, (site, index, tile) =>
          preparation.prepare(site, filledPart(store.tiling, index), tile),
        )
  }

  /**
   * The tile where it is at hand, or a promise of it.
   *
   * @throws {StoreError} when the store is damaged there.
   */
  of({ site, tile, augmentation }: SiteView): Tile | FloatTile | Promise<Tile | FloatTile> {
    if (augmentation === undefined) return this.#prepared.of(site, tile)
    const { window } = augmentation
    if (window !== null) {
      return this.#partAnywhere(site, { ...window, ...this.#store.tileShape }, augmentation)
    }
    return changesPixels(augmentation)
      ? this.#tileAnew(site, tile, augmentation)
      : this.#prepared.of(site, tile)
  }

  /** Waits for reads under way, then forgets all tiles. */
  async close(): Promise<void> {
    await Promise.all([this.#raw.close(), this.#prepared.close()])
  }

  /** A tile of the grid, drawn anew: an image of its own, mirrored past its edges. */
  async #tileAnew(site: number, index: number, of: Augmentation): Promise<FloatTile> {
    const tile = await this.#prepared.of(site, index)
    const { filledHeight, filledWidth } = tile
    const part = { top: 0, left: 0, height: filledHeight, width: filledWidth }
    const image = { imageHeight: filledHeight, imageWidth: filledWidth }
    return augmentTile({ ...tile, ...image, top: 0, left: 0 }, part, of, tile)
  }

  /** A tile from anywhere in its site, mirrored past the edges of the site. */
  async #partAnywhere(site: number, part: ImagePart, of: Augmentation): Promise<Tile | FloatTile> {
    const { tiling, imageShape } = this.#store
    const needed = movesPixels(of) ? partRead(tileMap(part, of), part, imageShape) : part
    const raw = await readPart(tiling, needed, (index) => this.#raw.of(site, index))
    const read = this.#preparation.prepare(site, needed, raw)
    if (!changesPixels(of)) return read
    const { top, left } = needed
    const image = { imageHeight: imageShape.height, imageWidth: imageShape.width }
    return augmentTile({ ...read, ...image, top, left }, part, of, part)
  }
}
