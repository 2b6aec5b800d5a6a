import { ShapeError } from '../errors.js'

/** A dense matrix, row by row. */
export interface Matrix {
  readonly data: Float32Array | Float64Array
  readonly rows: number
  readonly columns: number
}

/**
 * A matrix over given numbers (not copied).
 *
 * @throws {ShapeError} when the count of numbers is not rows x columns.
 */
export function matrix(data: Float32Array | Float64Array, rows: number, columns: number): Matrix {
  if (data.length !== rows * columns) {
    throw new ShapeError(
      `matrix: got ${data.length} numbers, expected ${rows} x ${columns} = ${rows * columns}`,
    )
  }
  return { data, rows, columns }
}

/** One row, as a view. */
export function row(of: Matrix, index: number): Float32Array | Float64Array {
  return of.data.subarray(index * of.columns, (index + 1) * of.columns)
}
