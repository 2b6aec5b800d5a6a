import { type Matrix, matrix } from '../evaluation/matrix.js'
import { symmetricEigen } from './symmetric-eigen.js'

/** The directions in which rows differ most. */
export interface PrincipalComponents {
  /** `[row, component]`, 0 on average. */
  readonly scores: Matrix
  /** `[component]`, share of the variance, 0 to 1, descending. */
  readonly shares: readonly number[]
}

/** Directions carried along beside those asked for, so that they converge soon. */
const spare = 8
const mostSteps = 500

/**
 * The first principal components of centred rows, by subspace iteration with a Rayleigh-Ritz step. The
 * sign of a component is such that its largest score is positive. What has no variance scores 0.
 *
 * @param of `[row, feature]`, finite.
 * @param count Of components.
 * @see Rutishauser 1970, Simultaneous iteration method for symmetric matrices, Numerische Mathematik 16:205.
 */
export function principalComponents(of: Matrix, count: number): PrincipalComponents {
  const { data, variance } = centred(of)
  const { rows, columns } = of
  const size = Math.min(count + spare, columns)
  let basis = orthonormal(startingBasis(size, columns), size, columns)
  let values: Float64Array = new Float64Array(size)
  for (let step = 0; step < mostSteps; step++) {
    const scores = project(data, rows, columns, basis, size)
    const { vectors, values: found } = symmetricEigen(gram(scores, rows, size), size)
    const turned = multiply(vectors, basis, size, columns)
    const done = hasSettled(values, found, count)
    values = found
    basis = turned
    if (done) break
    const turnedScores = project(data, rows, columns, basis, size)
    basis = orthonormal(back(data, rows, columns, turnedScores, size), size, columns)
  }
  const all = project(data, rows, columns, basis, size)
  const scores = new Float64Array(rows * count)
  for (let c = 0; c < Math.min(count, size); c++) {
    const sign = signOf(all, rows, size, c)
    for (let r = 0; r < rows; r++) scores[r * count + c] = sign * (all[r * size + c] ?? 0)
  }
  return {
    scores: matrix(scores, rows, count),
    shares: Array.from({ length: count }, (_, c) =>
      variance > 0 ? Math.max(0, values[c] ?? 0) / variance : 0,
    ),
  }
}

function centred({ data, rows, columns }: Matrix): { data: Float64Array; variance: number } {
  const result = Float64Array.from(data)
  let variance = 0
  for (let c = 0; c < columns; c++) {
    let mean = 0
    for (let r = 0; r < rows; r++) mean += (data[r * columns + c] ?? 0) / rows
    for (let r = 0; r < rows; r++) {
      const value = (data[r * columns + c] ?? 0) - mean
      result[r * columns + c] = value
      variance += value * value
    }
  }
  return { data: result, variance }
}

/** Numbers without a pattern: no direction is likely to be missed. */
function startingBasis(size: number, columns: number): Float64Array {
  return Float64Array.from({ length: size * columns }, (_, i) => Math.sin(12.9898 * (i + 1) ** 1.5))
}

/** `[row, size]`: rows along the directions of a basis `[size, feature]`. */
function project(
  data: Float64Array,
  rows: number,
  columns: number,
  basis: Float64Array,
  size: number,
): Float64Array {
  const scores = new Float64Array(rows * size)
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < size; k++) {
      let sum = 0
      const [from, at] = [k * columns, r * columns]
      for (let c = 0; c < columns; c++) sum += (basis[from + c] ?? 0) * (data[at + c] ?? 0)
      scores[r * size + k] = sum
    }
  }
  return scores
}

/** `[size, feature]`: the transposed scores times the rows. */
function back(
  data: Float64Array,
  rows: number,
  columns: number,
  scores: Float64Array,
  size: number,
): Float64Array {
  const result = new Float64Array(size * columns)
  for (let r = 0; r < rows; r++) {
    for (let k = 0; k < size; k++) {
      const score = scores[r * size + k] ?? 0
      const [to, at] = [k * columns, r * columns]
      for (let c = 0; c < columns; c++)
        result[to + c] = (result[to + c] ?? 0) + score * (data[at + c] ?? 0)
    }
  }
  return result
}

function gram(scores: Float64Array, rows: number, size: number): Float64Array {
  const result = new Float64Array(size * size)
  for (let r = 0; r < rows; r++) {
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        result[a * size + b] =
          (result[a * size + b] ?? 0) + (scores[r * size + a] ?? 0) * (scores[r * size + b] ?? 0)
      }
    }
  }
  return result
}

function multiply(
  turn: Float64Array,
  basis: Float64Array,
  size: number,
  columns: number,
): Float64Array {
  const result = new Float64Array(size * columns)
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < size; b++) {
      const by = turn[a * size + b] ?? 0
      for (let c = 0; c < columns; c++) {
        result[a * columns + c] =
          (result[a * columns + c] ?? 0) + by * (basis[b * columns + c] ?? 0)
      }
    }
  }
  return result
}

/** Modified Gram-Schmidt, twice; a row that depends on those before it becomes 0. */
function orthonormal(basis: Float64Array, size: number, columns: number): Float64Array {
  for (let a = 0; a < size; a++) {
    const own = basis.subarray(a * columns, (a + 1) * columns)
    const before = norm(own)
    for (const _ of [1, 2]) {
      for (let b = 0; b < a; b++) {
        const other = basis.subarray(b * columns, (b + 1) * columns)
        let along = 0
        for (let c = 0; c < columns; c++) along += (own[c] ?? 0) * (other[c] ?? 0)
        for (let c = 0; c < columns; c++) own[c] = (own[c] ?? 0) - along * (other[c] ?? 0)
      }
    }
    const length = norm(own)
    const scale = length > 1e-12 * before ? 1 / length : 0
    for (let c = 0; c < columns; c++) own[c] = scale * (own[c] ?? 0)
  }
  return basis
}

function norm(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
}

function hasSettled(before: Float64Array, after: Float64Array, count: number): boolean {
  const scale = after[0] ?? 0
  return after
    .subarray(0, count)
    .every((value, i) => Math.abs(value - (before[i] ?? 0)) <= 1e-13 * scale)
}

function signOf(scores: Float64Array, rows: number, size: number, component: number): 1 | -1 {
  let largest = 0
  for (let r = 0; r < rows; r++) {
    const score = scores[r * size + component] ?? 0
    if (Math.abs(score) > Math.abs(largest)) largest = score
  }
  return largest < 0 ? -1 : 1
}
