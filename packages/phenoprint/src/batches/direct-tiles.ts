import { placeStoredTile, placesStoredTiles } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import type { Store } from '../store/store.js'
import type { Normaliser } from './normaliser.js'
import type { SiteView } from './samples.js'
import type { TilePreparation } from './tile-preparation.js'

/**
 * Tiles that go from their file to a batch in one go, turned and normalised: those of a store that is too
 * large to be kept decoded, with nothing done to pixels but turning and normalising them.
 */
export class DirectTiles {
  readonly #store: Store
  readonly #normaliser: Normaliser
  /** Whether the store, the way of normalising and this machine allow it at all. */
  readonly isPossible: boolean

  /** @param keptBytes Bytes of decoded tiles that are kept; a screen that fits is better kept. */
  constructor(
    store: Store,
    normalise: Section<'normalise'>,
    normaliser: Normaliser,
    preparation: TilePreparation,
    keptBytes: number,
  ) {
    this.#store = store
    this.#normaliser = normaliser
    this.isPossible =
      placesStoredTiles &&
      preparation.changesNothing &&
      !(normalise.by === 'tile' && normalise.method === 'robust') &&
      isWithoutPadding(store) &&
      decodedBytes(store) > keptBytes
  }

  /**
   * Reads a view into a batch.
   *
   * @returns whether it was done; where not, reading it the other way tells why, or does it.
   * @throws {StoreError} when the store is damaged there.
   */
  async place(
    { site, tile, symmetry }: SiteView,
    images: Float32Array,
    offset: number,
  ): Promise<boolean> {
    const normalisation = this.#normaliser.ofUnread(site)
    const placed = await this.#store.withStoredTile(site, tile, (stored) =>
      placeStoredTile(stored, symmetry, normalisation, images, offset),
    )
    return placed ?? false
  }
}

function isWithoutPadding({ imageShape, tileShape }: Store): boolean {
  return imageShape.height % tileShape.height === 0 && imageShape.width % tileShape.width === 0
}

function decodedBytes({ screen, tiling }: Store): number {
  const { channels, height, width, dtype } = tiling.image
  return screen.sites.length * channels * height * width * (dtype === 'uint8' ? 1 : 2)
}
