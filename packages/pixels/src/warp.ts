import type { Pixels } from './image.js'
import { mirrored } from './mirrored.js'
import type { FloatTile } from './place-tile.js'

/**
 * Where each pixel of an output comes from: the pixel in row y and column x from row
 * `originY + yPerY * y + yPerX * x` and column `originX + xPerY * y + xPerX * x` of an image. Whole
 * numbers are the centres of pixels.
 */
export interface PixelMap {
  readonly originY: number
  readonly originX: number
  readonly yPerY: number
  readonly yPerX: number
  readonly xPerY: number
  readonly xPerX: number
}

/** A part of an image, `[channel, y, x]`: all of it that is asked for. */
export interface ImageRegion {
  readonly pixels: Pixels | Float32Array
  readonly channels: number
  /** Rows and columns of `pixels`; those past the image, if any, are not read. */
  readonly height: number
  readonly width: number
  /** Where they begin in the image. */
  readonly top: number
  readonly left: number
  /** Size of the whole image. */
  readonly imageHeight: number
  readonly imageWidth: number
}

export type Interpolation = 'nearest' | 'linear'

/**
 * Draws an image anew through a map: the filled part of `output`, all channels. Past its edges the
 * image is mirrored, the outermost pixels counting twice (`d c b a | a b c d | d c b a`).
 *
 * The same as `scipy.ndimage.map_coordinates` with `mode='reflect'` and order 0 or 1.
 */
export function warp(
  source: ImageRegion,
  map: PixelMap,
  output: FloatTile,
  interpolation: Interpolation,
): void {
  const { originY, originX, yPerY, yPerX, xPerY, xPerX } = map
  const half = interpolation === 'nearest' ? 0.5 : 0
  for (let y = 0; y < output.filledHeight; y++) {
    for (let x = 0; x < output.filledWidth; x++) {
      const fromY = originY + yPerY * y + yPerX * x + half
      const fromX = originX + xPerY * y + xPerX * x + half
      const row = Math.floor(fromY)
      const column = Math.floor(fromX)
      const to = y * output.width + x
      if (half > 0) copyPixel(source, row, column, output, to)
      else mixPixel(source, row, column, fromY - row, fromX - column, output, to)
    }
  }
}

function copyPixel(
  source: ImageRegion,
  row: number,
  column: number,
  output: FloatTile,
  to: number,
): void {
  const from = rowStart(source, row) + columnOf(source, column)
  const plane = source.height * source.width
  const outputPlane = output.height * output.width
  for (let c = 0; c < source.channels; c++) {
    output.pixels[to + c * outputPlane] = source.pixels[from + c * plane] ?? 0
  }
}

/** The mean of four pixels, weighed by how near they are: `shareY` towards the next row. */
function mixPixel(
  source: ImageRegion,
  row: number,
  column: number,
  shareY: number,
  shareX: number,
  output: FloatTile,
  to: number,
): void {
  const { pixels } = source
  const upper = rowStart(source, row)
  const lower = rowStart(source, row + 1)
  const left = columnOf(source, column)
  const right = columnOf(source, column + 1)
  const plane = source.height * source.width
  const outputPlane = output.height * output.width
  for (let c = 0; c < source.channels; c++) {
    const at = c * plane
    const above = mix(pixels[at + upper + left] ?? 0, pixels[at + upper + right] ?? 0, shareX)
    const below = mix(pixels[at + lower + left] ?? 0, pixels[at + lower + right] ?? 0, shareX)
    output.pixels[to + c * outputPlane] = mix(above, below, shareY)
  }
}

function rowStart({ top, width, imageHeight }: ImageRegion, row: number): number {
  return (mirrored(row, imageHeight) - top) * width
}

function columnOf({ left, imageWidth }: ImageRegion, column: number): number {
  return mirrored(column, imageWidth) - left
}

function mix(before: number, after: number, share: number): number {
  return before + (after - before) * share
}
