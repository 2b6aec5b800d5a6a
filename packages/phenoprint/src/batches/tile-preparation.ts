import { type FloatTile, gaussianBlur, type Tile } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Store } from '../store/store.js'
import { type IlluminationField, type ImagePart, illuminationField } from './illumination.js'

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

  /**
   * The tile, or a corrected and blurred copy of it.
   *
   * @param index Which tile of its site it is.
   * @throws {StoreError} when the illumination is asked for and the store does not have it.
   */
  prepare(site: number, index: number, tile: Tile): Tile | FloatTile {
    const { illumination } = this.#section
    if (illumination === 'none' && this.#sigma.every((sigma) => sigma === 0)) return tile
    const pixels = new Float32Array(tile.pixels.length)
    for (let channel = 0; channel < tile.channels; channel++) {
      const plane = filledPart(tile, channel)
      if (illumination !== 'none') this.#correct(plane, site, index, channel, tile)
      gaussianBlur(plane, tile.filledHeight, tile.filledWidth, this.#sigma[channel] ?? 0)
      putBack(plane, pixels, tile, channel)
    }
    return { ...tile, pixels }
  }

  /** Divides by the field, or subtracts it, such that the mean of the plate stays. */
  #correct(plane: Float32Array, site: number, index: number, channel: number, tile: Tile): void {
    const field = this.#field(this.#store.plateOf(site))
    const mean = field.mean[channel] ?? 0
    if (!(mean > 0)) return
    const light = field.over(channel, partOf(this.#store, index, tile))
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

function partOf({ tiling }: Store, index: number, tile: Tile): ImagePart {
  return {
    top: Math.floor(index / tiling.columns) * tile.height,
    left: (index % tiling.columns) * tile.width,
    height: tile.filledHeight,
    width: tile.filledWidth,
  }
}

function filledPart(tile: Tile, channel: number): Float32Array {
  const { pixels, height, width, filledHeight, filledWidth } = tile
  const plane = new Float32Array(filledHeight * filledWidth)
  for (let y = 0; y < filledHeight; y++) {
    const from = (channel * height + y) * width
    plane.set(pixels.subarray(from, from + filledWidth), y * filledWidth)
  }
  return plane
}

function putBack(plane: Float32Array, pixels: Float32Array, tile: Tile, channel: number): void {
  const { height, width, filledHeight, filledWidth } = tile
  for (let y = 0; y < filledHeight; y++) {
    const row = plane.subarray(y * filledWidth, (y + 1) * filledWidth)
    pixels.set(row, (channel * height + y) * width)
  }
}
