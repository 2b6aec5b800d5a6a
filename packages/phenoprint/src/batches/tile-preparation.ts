import { type FloatTile, filledPlane, gaussianBlur, putPlane, type Tile } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Store } from '../store/store.js'
import type { ImagePart } from '../store/tiling.js'
import { type IlluminationField, illuminationField } from './illumination.js'

/** Where a plate's light is this share of its mean or less, nothing is divided by less. */
const darkest = 0.05

/**
 * What is done to the pixels of a tile before it is normalised, the same in training and prediction:
 * the plate's illumination is taken out, then each channel is blurred.
 */
export class TilePreparation {
  readonly #store: Store
  readonly #section: Section<'normalise'>
  /** `[channel]` */
  readonly #sigma: readonly number[]
  readonly #fields = new Map<number, IlluminationField>()

  /** @throws {ConfigError} when there is not one `sigma` a channel. */
  constructor(store: Store, section: Section<'normalise'>) {
    this.#store = store
    this.#section = section
    const { sigma } = section
    if (typeof sigma === 'object' && sigma.length !== store.channels) {
      throw new ConfigError(
        `normalise.sigma: got ${sigma.length} values, expected ${store.channels}, one for each channel of ${store.path} (${store.screen.channels.map(({ name }) => name).join(', ')}), or one for all.`,
      )
    }
    this.#sigma = typeof sigma === 'number' ? new Array<number>(store.channels).fill(sigma) : sigma
  }

  /** Whether nothing is done. */
  get changesNothing(): boolean {
    return this.#section.illumination === 'none' && this.#sigma.every((sigma) => sigma === 0)
  }

  /**
   * A tile, or any other part of an image, or a corrected and blurred copy of it.
   *
   * @param part Where in its image it lies; what lies past that is padding.
   * @throws {StoreError} when the illumination is asked for and the store does not have it.
   */
  prepare(site: number, part: ImagePart, tile: Tile): Tile | FloatTile {
    if (this.changesNothing) return tile
    const corrects = this.#section.illumination !== 'none'
    const prepared = { ...tile, pixels: new Float32Array(tile.pixels.length) }
    for (let channel = 0; channel < tile.channels; channel++) {
      const plane = filledPlane(tile, channel)
      if (corrects) this.#correct(plane, site, channel, part)
      gaussianBlur(plane, tile.filledHeight, tile.filledWidth, this.#sigma[channel] ?? 0)
      putPlane(plane, prepared, channel)
    }
    return prepared
  }

  /** Divides by the field, or subtracts it, such that the mean of the plate stays. */
  #correct(plane: Float32Array, site: number, channel: number, part: ImagePart): void {
    const field = this.#field(this.#store.plateOf(site))
    const mean = field.mean[channel] ?? 0
    if (!(mean > 0)) return
    const light = field.over(channel, part)
    const divides = this.#section.illumination === 'divide'
    for (let i = 0; i < plane.length; i++) {
      const value = plane[i] ?? 0
      const here = light[i] ?? 0
      plane[i] = divides ? value / Math.max(here / mean, darkest) : value - (here - mean)
    }
  }

  #field(plate: number): IlluminationField {
    let known = this.#fields.get(plate)
    if (known === undefined) {
      known = illuminationField(this.#store, plate, this.#section.illuminationSigma)
      this.#fields.set(plate, known)
    }
    return known
  }
}
