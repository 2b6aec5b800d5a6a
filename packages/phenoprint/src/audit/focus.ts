import type { Pixels } from '@phenoprint/pixels'

/**
 * How sharp a plane is: the mean square of the difference of neighbouring blocks of 2x2 pixels, over
 * the variance of the blocks. Blur takes the fine differences and leaves the coarse ones; gain and
 * offset change nothing. Blocks, since single pixels differ by noise most of all.
 *
 * @param plane `[y, x]`
 * @returns 0 for a ramp up to about 2 for noise; NaN where all blocks are equal, or fewer than 2x2.
 */
export function focusScore(plane: Pixels, height: number, width: number): number {
  const rows = height >> 1
  const columns = width >> 1
  if (rows < 2 || columns < 2) return Number.NaN
  let previous = new Float64Array(columns)
  let row = new Float64Array(columns)
  let sum = 0
  let squares = 0
  let differences = 0
  for (let y = 0; y < rows; y++) {
    const upper = 2 * y * width
    for (let x = 0; x < columns; x++) {
      const at = upper + 2 * x
      const value =
        (plane[at] ?? 0) +
        (plane[at + 1] ?? 0) +
        (plane[at + width] ?? 0) +
        (plane[at + width + 1] ?? 0)
      row[x] = value
      sum += value
      squares += value * value
      if (x > 0) differences += (value - (row[x - 1] ?? 0)) ** 2
      if (y > 0) differences += (value - (previous[x] ?? 0)) ** 2
    }
    ;[previous, row] = [row, previous]
  }
  const blocks = rows * columns
  const variance = squares / blocks - (sum / blocks) ** 2
  const pairs = rows * (columns - 1) + (rows - 1) * columns
  return variance > 0 ? differences / pairs / variance : Number.NaN
}
