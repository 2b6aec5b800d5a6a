import type { Pixels } from './image.js'

/** An image in squares of so many pixels; those at the right and the bottom may be cut. */
export interface BlockGrid {
  /** Side of a block in pixels. */
  readonly block: number
  readonly rows: number
  readonly columns: number
}

/** Blocks along the longer side of an image, at most. */
const mostBlocks = 64

/** The grid of an image: at most 64 blocks along its longer side. */
export function blockGrid(height: number, width: number): BlockGrid {
  const block = Math.ceil(Math.max(height, width) / mostBlocks)
  return { block, rows: Math.ceil(height / block), columns: Math.ceil(width / block) }
}

/**
 * The mean of each block of a plane.
 *
 * @param plane `[y, x]`
 * @param means `[row, column]` of the image's grid, from `offset` on.
 */
export function putBlockMeans(
  plane: Pixels,
  height: number,
  width: number,
  { block, rows, columns }: BlockGrid,
  means: Float64Array,
  offset: number,
): void {
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min(height, (row + 1) * block)
    for (let column = 0; column < columns; column++) {
      const left = column * block
      const right = Math.min(width, left + block)
      let sum = 0
      for (let y = row * block; y < bottom; y++) {
        for (let x = left; x < right; x++) sum += plane[y * width + x] ?? 0
      }
      means[offset + row * columns + column] = sum / ((bottom - row * block) * (right - left))
    }
  }
}
