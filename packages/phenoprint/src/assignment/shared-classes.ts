import { type Matrix, matrix } from '../evaluation/matrix.js'

/** A class that a well may have keeps at least this share of the well's greatest. */
const floor = 1e-60
const most = 100
/** How far from 1 a well may be in all before the last scaling. */
const tolerance = 1e-3

/**
 * What is left of each well's probabilities when every class goes to one well at most: the matrix is
 * scaled by rows and columns until each well has 1 in all and each class 1 at most. Among all ways to
 * share out the classes it is the nearest to the given probabilities (least Kullback-Leibler divergence);
 * a class that other wells claim counts for less.
 *
 * Wells that are missing, fewer than classes, are taken together as one that wants every class alike.
 *
 * @param logits `[well, class]`, at most as many wells as classes; -Infinity is forbidden.
 * @param temperature What the logits are divided by before.
 * @returns `[well, class]`, natural logarithms; each well's probabilities sum to 1.
 * @see Sinkhorn 1964, Ann. Math. Statist. 35:876; Cuturi 2013, arXiv:1306.0895.
 */
export function shareClasses({ data, rows, columns }: Matrix, temperature: number): Matrix {
  const kernel = kernelOf(data, rows, columns, temperature)
  const missing = columns - rows
  const ofClass = new Float64Array(columns).fill(1)
  const ofWell = new Float64Array(rows).fill(1)
  const sums = new Float64Array(columns)
  let ofMissing = 1
  for (let turn = 0, error = 1; turn < most && error > tolerance; turn++) {
    sums.fill(0)
    error = 0
    for (let well = 0; well < rows; well++) {
      const from = well * columns
      let sum = 0
      for (let c = 0; c < columns; c++) sum += (kernel[from + c] ?? 0) * (ofClass[c] ?? 0)
      error = Math.max(error, Math.abs(sum * (ofWell[well] ?? 0) - 1))
      const scale = sum > 0 ? 1 / sum : 0
      ofWell[well] = scale
      for (let c = 0; c < columns; c++) sums[c] = (sums[c] ?? 0) + (kernel[from + c] ?? 0) * scale
    }
    if (missing > 0) ofMissing = missing / ofClass.reduce((total, value) => total + value, 0)
    for (let c = 0; c < columns; c++) {
      const sum = (sums[c] ?? 0) + (missing > 0 ? ofMissing : 0)
      ofClass[c] = sum > 0 ? 1 / sum : 0
    }
  }
  return logarithms(kernel, rows, columns, ofClass)
}

/** Exponentials of the logits, the greatest of each well 1. */
function kernelOf(
  data: Matrix['data'],
  rows: number,
  columns: number,
  temperature: number,
): Float64Array {
  const kernel = new Float64Array(rows * columns)
  for (let well = 0; well < rows; well++) {
    const from = well * columns
    let largest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < columns; c++) largest = Math.max(largest, data[from + c] ?? largest)
    for (let c = 0; c < columns; c++) {
      const value = data[from + c] ?? Number.NEGATIVE_INFINITY
      if (value === Number.NEGATIVE_INFINITY) continue
      kernel[from + c] = Math.max(floor, Math.exp((value - largest) / temperature))
    }
  }
  return kernel
}

function logarithms(
  kernel: Float64Array,
  rows: number,
  columns: number,
  ofClass: Float64Array,
): Matrix {
  for (let well = 0; well < rows; well++) {
    const from = well * columns
    let sum = 0
    for (let c = 0; c < columns; c++) {
      const value = (kernel[from + c] ?? 0) * (ofClass[c] ?? 0)
      kernel[from + c] = value
      sum += value
    }
    for (let c = 0; c < columns; c++) {
      const value = kernel[from + c] ?? 0
      kernel[from + c] = value > 0 ? Math.log(value / sum) : Number.NEGATIVE_INFINITY
    }
  }
  return matrix(kernel, rows, columns)
}
