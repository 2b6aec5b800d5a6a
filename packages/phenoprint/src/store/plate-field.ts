import { type BlockGrid, blockGrid, withCrc32c } from '@phenoprint/pixels'
import type { ImageShape } from './tiling.js'

/** Where a plate's mean image lies in its file. */
export const fieldChunk = 'statistics/field/c/0/0/0'

/** The mean image of a plate in blocks, for the correction of its illumination. */
export class PlateField {
  readonly #grid: BlockGrid
  readonly #sums: Float64Array
  /** Images of each channel. */
  readonly #images: Float64Array

  constructor(image: ImageShape) {
    this.#grid = blockGrid(image.height, image.width)
    this.#sums = new Float64Array(image.channels * this.#grid.rows * this.#grid.columns)
    this.#images = new Float64Array(image.channels)
  }

  /**
   * Counts a site.
   *
   * @param blockMeans `[channel, row, column]`
   * @param missing Channels that are not there: they count for nothing.
   */
  add(blockMeans: Float64Array, missing: readonly number[]): void {
    const blocks = this.#grid.rows * this.#grid.columns
    for (let c = 0; c < this.#images.length; c++) {
      if (missing.includes(c)) continue
      for (let i = c * blocks; i < (c + 1) * blocks; i++) {
        this.#sums[i] = (this.#sums[i] ?? 0) + (blockMeans[i] ?? 0)
      }
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
    return withCrc32c(new Uint8Array(means.buffer))
  }
}
