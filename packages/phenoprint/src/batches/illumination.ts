import { type BlockGrid, blockGrid, gaussianBlur } from '@phenoprint/pixels'
import type { Store } from '../store/store.js'
import type { ImagePart } from '../store/tiling.js'

/** A plate's smooth field of light, `[channel, y, x]` where `at` is asked. */
export interface IlluminationField {
  /**
   * The rows of the field that lie over part of an image.
   *
   * @returns `[y, x]`
   */
  over(channel: number, part: ImagePart): Float32Array
  /** Mean of each channel's field over the image. */
  readonly mean: Float64Array
}

/**
 * The illumination of a plate, estimated from the mean of its images: cells lie everywhere, so what is
 * brighter in the mean is what the microscope lights better. The mean image is kept in blocks by the
 * store; it is blurred, and interpolated linearly between the centres of blocks.
 *
 * @param share Standard deviation of the blur as a share of the longer side of an image.
 * @throws {StoreError} when the store was made without mean images.
 */
export function illuminationField(store: Store, plate: number, share: number): IlluminationField {
  const { height, width } = store.imageShape
  const grid = blockGrid(height, width)
  const size = grid.rows * grid.columns
  const planes = Float32Array.from(store.plateField(plate))
  const mean = new Float64Array(store.channels)
  for (let c = 0; c < store.channels; c++) {
    const plane = planes.subarray(c * size, (c + 1) * size)
    gaussianBlur(plane, grid.rows, grid.columns, (share * Math.max(height, width)) / grid.block)
    mean[c] = plane.reduce((sum, value) => sum + value, 0) / size
  }
  return {
    mean,
    over: (channel, part) =>
      interpolate(planes.subarray(channel * size, (channel + 1) * size), grid, part),
  }
}

/** A grid of block values at the pixels of a part; past the outermost centres they stay the same. */
function interpolate(plane: Float32Array, grid: BlockGrid, part: ImagePart): Float32Array {
  const field = new Float32Array(part.height * part.width)
  const rows = Array.from({ length: part.height }, (_, y) => place(part.top + y, grid, grid.rows))
  const columns = Array.from({ length: part.width }, (_, x) =>
    place(part.left + x, grid, grid.columns),
  )
  let at = 0
  for (const row of rows) {
    for (const column of columns) {
      const value = (y: number, x: number) => plane[y * grid.columns + x] ?? 0
      const upper = mix(value(row.before, column.before), value(row.before, column.after), column)
      const lower = mix(value(row.after, column.before), value(row.after, column.after), column)
      field[at++] = mix(upper, lower, row)
    }
  }
  return field
}

interface Place {
  readonly before: number
  readonly after: number
  /** How far towards `after`, 0 to 1. */
  readonly share: number
}

/** Between which blocks a pixel lies. */
function place(pixel: number, { block }: BlockGrid, count: number): Place {
  const at = Math.min(Math.max((pixel + 0.5) / block - 0.5, 0), count - 1)
  const before = Math.floor(at)
  return { before, after: Math.min(before + 1, count - 1), share: at - before }
}

function mix(before: number, after: number, { share }: Place): number {
  return before + (after - before) * share
}
