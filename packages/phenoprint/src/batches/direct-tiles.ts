import { type ImageValues, placeStoredTiles, placesStoredTiles } from '@phenoprint/pixels'
import { allOrFirst } from '../all-or-first.js'
import type { Section } from '../config/config.js'
import type { Store } from '../store/store.js'
import { divideCount } from './divide.js'
import type { Normaliser } from './normaliser.js'
import type { SiteView } from './samples.js'
import type { TilePreparation } from './tile-preparation.js'

/** Threads of the system's pool that read files. */
const threads = 4
/** So many tiles to a call: one by one they cost more calls, and with more the last call of a batch is waited for. */
const tilesPerCall = 2

/** A view, and where its first value lies in a batch. */
export interface ViewPlace {
  readonly view: SiteView
  readonly offset: number
}

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
      !store.isInPlace &&
      preparation.changesNothing &&
      !(normalise.by === 'tile' && normalise.method === 'robust') &&
      isWithoutPadding(store) &&
      decodedBytes(store) > keptBytes
  }

  /**
   * Reads views into a batch.
   *
   * @returns those that were not; reading them the other way tells why, or does it.
   * @throws {StoreError} when the store is damaged there.
   */
  async place(places: readonly ViewPlace[], images: ImageValues): Promise<ViewPlace[]> {
    using held = await this.#store.holdTiles(places.map(({ view }) => view))
    const left = places.filter((_, i) => held.tiles[i] === null)
    const placements = places.flatMap((place, i) => {
      const tile = held.tiles[i] ?? null
      const { site, symmetry } = place.view
      const { offset } = place
      const normalisation = this.#normaliser.ofUnread(site)
      return tile === null ? [] : [{ place, tile, symmetry, normalisation, offset }]
    })
    const size = Math.min(tilesPerCall, Math.ceil(placements.length / threads))
    const calls = divideCount(placements.length, size).map(async ([from, to]) => {
      const some = placements.slice(from, to)
      const placed = await placeStoredTiles(some, images)
      return some.flatMap(({ place }, i) => (placed[i] === true ? [] : [place]))
    })
    return [...left, ...(await allOrFirst(calls)).flat()]
  }
}

function isWithoutPadding({ imageShape, tileShape }: Store): boolean {
  return imageShape.height % tileShape.height === 0 && imageShape.width % tileShape.width === 0
}

function decodedBytes({ screen, tiling }: Store): number {
  const { channels, height, width, dtype } = tiling.image
  return screen.sites.length * channels * height * width * (dtype === 'uint8' ? 1 : 2)
}
