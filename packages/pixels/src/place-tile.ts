import { bfloat16Bits } from './bfloat16.js'
import type { Pixels } from './image.js'
import { native } from './native.js'
import { type SymmetryName, sourceSteps, swapsAxes } from './symmetry.js'

/** A tile as stored, `[channel, y, x]`, of which the rows and columns past `filled` are padding. */
export interface Tile {
  readonly pixels: Pixels
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly filledHeight: number
  readonly filledWidth: number
}

/** A tile that was computed on: corrected or blurred. */
export interface FloatTile extends Omit<Tile, 'pixels'> {
  readonly pixels: Float32Array
}

/** How a channel is normalised: `(value - centre) * scale`. */
export interface Normalisation {
  /** `[channel]` */
  readonly centre: Float64Array
  /** `[channel]`; 0 makes the channel 0 throughout. */
  readonly scale: Float64Array
}

/** Images, as floats or as the bits of bfloat16: the upper halves of floats, rounded to nearest, ties to even. */
export type ImageValues = Float32Array | Uint16Array

/**
 * Turns a tile, normalises it and writes it channels-last: `[y, x, channel]` from `offset` on.
 * Padding becomes 0, the mean after normalisation.
 *
 * The output is written in order; what is turned is the reading.
 */
export function placeTile(
  tile: Tile | FloatTile,
  symmetry: SymmetryName,
  normalisation: Normalisation,
  output: ImageValues,
  offset: number,
): void {
  const { pixels, channels, height, width, filledHeight, filledWidth } = tile
  const { start, stepY, stepX } = sourceSteps(symmetry, height, width)
  const swapped = swapsAxes(symmetry)
  const outputHeight = swapped ? width : height
  const outputWidth = swapped ? height : width
  const padded = filledHeight < height || filledWidth < width
  if (native !== null && !padded && !(pixels instanceof Float32Array)) {
    const shape = [channels, height, width, height, width]
    const turn = [outputHeight, outputWidth, start, stepY, stepX]
    const { centre, scale } = normalisation
    native.placeTile(pixels, shape, turn, centre, scale, output, offset)
    return
  }
  const [top, bottom] = filledRange(outputHeight, swapped ? filledWidth : filledHeight, stepY)
  const [left, right] = filledRange(outputWidth, swapped ? filledHeight : filledWidth, stepX)
  const plane = height * width
  const size = channels * plane
  if (padded) output.fill(0, offset, offset + size)

  for (let y = top; y < bottom; y++) {
    const row = offset + (y * outputWidth + left) * channels
    for (let c = 0; c < channels; c++) {
      const first = c * plane + start + y * stepY + left * stepX
      const target = row + c
      const count = right - left
      const centre = normalisation.centre[c] ?? 0
      const scale = normalisation.scale[c] ?? 0
      copyRow(pixels, first, stepX, centre, scale, output, target, channels, count)
    }
  }
}

/** The rows (or columns) of the output that hold pixels: padding comes last, or first when reversed. */
function filledRange(size: number, filled: number, step: number): [first: number, end: number] {
  return step > 0 ? [0, filled] : [size - filled, size]
}

function copyRow(
  source: Pixels | Float32Array,
  first: number,
  step: number,
  centre: number,
  scale: number,
  output: ImageValues,
  target: number,
  stride: number,
  count: number,
): void {
  let from = first
  let to = target
  if (output instanceof Float32Array) {
    for (let i = 0; i < count; i++) {
      output[to] = ((source[from] ?? 0) - centre) * scale
      from += step
      to += stride
    }
    return
  }
  for (let i = 0; i < count; i++) {
    output[to] = bfloat16Bits(((source[from] ?? 0) - centre) * scale)
    from += step
    to += stride
  }
}
