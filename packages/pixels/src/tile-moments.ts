import { native } from './native.js'
import type { FloatTile, Tile } from './place-tile.js'

/** Mean and population variance of the intensities of each channel: of a tile, a site or more. */
export interface Moments {
  /** `[channel]` */
  readonly mean: Float64Array
  /** `[channel]` */
  readonly variance: Float64Array
}

/** Widest row of uint8 whose sum of squares fits in 31 bits. */
const widestExactRow = Math.floor(0x7fffffff / (255 * 255))

/** Moments of the pixels of a tile, padding left out. */
export function tileMoments(tile: Tile | FloatTile): Moments {
  const { pixels, channels, height, width, filledHeight, filledWidth } = tile
  const count = filledHeight * filledWidth
  const mean = new Float64Array(channels)
  const variance = new Float64Array(channels)
  if (native !== null && !(pixels instanceof Float32Array)) {
    const shape = [channels, height, width, filledHeight, filledWidth]
    native.sumTile(pixels, shape, mean, variance)
    for (let c = 0; c < channels; c++) {
      const sum = mean[c] ?? 0
      mean[c] = sum / count
      variance[c] = Math.max(0, ((variance[c] ?? 0) - (sum * sum) / count) / count)
    }
    return { mean, variance }
  }
  const inIntegers = pixels instanceof Uint8Array && filledWidth <= widestExactRow
  for (let c = 0; c < channels; c++) {
    let sum = 0
    let squares = 0
    for (let y = 0; y < filledHeight; y++) {
      const start = (c * height + y) * width
      const end = start + filledWidth
      if (inIntegers) {
        const [rowSum, rowSquares] = integerRow(pixels, start, end)
        sum += rowSum
        squares += rowSquares
      } else {
        for (let i = start; i < end; i++) {
          const value = pixels[i] ?? 0
          sum += value
          squares += value * value
        }
      }
    }
    mean[c] = sum / count
    variance[c] = Math.max(0, (squares - (sum * sum) / count) / count)
  }
  return { mean, variance }
}

/** Sum and sum of squares of a short row of uint8, in 32-bit integers. */
function integerRow(row: Uint8Array, start: number, end: number): [sum: number, squares: number] {
  let sum = 0
  let squares = 0
  for (let i = start; i < end; i++) {
    const value = row[i] ?? 0
    sum = (sum + value) | 0
    squares = (squares + Math.imul(value, value)) | 0
  }
  return [sum, squares]
}
