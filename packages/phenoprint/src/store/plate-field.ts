import { addBlockMeans, type BlockGrid, blockGrid, type Pixels } from '@phenoprint/pixels'
import { withChecksum } from './shard.js'
import type { ImageShape } from './tiling.js'

/** Where a plate's mean image lies in its file. */
export const fieldChunk = 'statistics/field/c/0/0/0'

/** The mean image of a plate in blocks, for the correction of its illumination. */
export class PlateField {
  readonly #image: ImageShape
  readonly #grid: BlockGrid
  readonly #sums: Float64Array
  /** Images of each channel. */
  readonly #images: Float64Array

  constructor(image: ImageShape) {
    this.#image = image
    this.#grid = blockGrid(image.height, image.width)
    this.#sums = new Float64Array(image.channels * this.#grid.rows * this.#grid.columns)
    this.#images = new Float64Array(image.channels)
  }

  /**
   * Counts a site.
   *
   * @param pixels `[channel, y, x]`
   * @param missing Channels that are not there: they count for nothing.
   */
  add(pixels: Pixels, missing: readonly number[]): void {
    const { channels, height, width } = this.#image
    const size = height * width
    const blocks = this.#grid.rows * this.#grid.columns
    for (let c = 0; c < channels; c++) {
      if (missing.includes(c)) continue
      const plane = pixels.subarray(c * size, (c + 1) * size)
      addBlockMeans(plane, height, width, this.#grid, this.#sums, c * blocks)
      this.#images[c] = (this.#images[c] ?? 0) + 1
    }
  }

  /** The only chunk of the array: `[channel, row, column]`, NaN where a channel is missing throughout. */
  encode(): Uint8Array {
    const blocks = this.#grid.rows * this.#grid.columns
    const means = this.#sums.map((sum, i) => {
      const images = this.#images[Math.floor(i / blocks)] ?? 0
      return images === 0 ? Number.NaN : sum / images
    })
    return withChecksum(new Uint8Array(means.buffer))
  }
}
