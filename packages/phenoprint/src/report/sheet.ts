import { ShapeError } from '../errors.js'
import type { Picture } from './colour-picture.js'

/** Pixels between pictures, and their grey. */
const gap = 4
const grey = 128

/**
 * Pictures of one size in rows, side by side.
 *
 * @throws {ShapeError} when they are not of one size, or rows not of one length.
 */
export function sheetOf(rows: readonly (readonly Picture[])[]): Picture {
  const [first] = rows.flat()
  const columns = rows[0]?.length ?? 0
  const fits = ({ width, height }: Picture) => width === first?.width && height === first.height
  if (first === undefined || rows.some((row) => row.length !== columns || !row.every(fits))) {
    throw new ShapeError('sheet: expected pictures of one size, as many in each row')
  }
  const width = columns * (first.width + gap) - gap
  const height = rows.length * (first.height + gap) - gap
  const rgb = new Uint8Array(3 * width * height).fill(grey)
  rows.forEach((row, r) => {
    row.forEach((picture, c) => {
      const left = c * (first.width + gap)
      for (let y = 0; y < picture.height; y++) {
        const line = picture.rgb.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width)
        rgb.set(line, 3 * ((r * (first.height + gap) + y) * width + left))
      }
    })
  })
  return { width, height, rgb }
}
