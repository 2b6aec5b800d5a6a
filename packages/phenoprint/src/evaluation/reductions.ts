import type { Reduction } from '../config/config.js'
import { ShapeError } from '../errors.js'
import { type Matrix, matrix, row } from './matrix.js'
import { ascendingRanks } from './ranks.js'
import { type Row, softmax } from './softmax.js'

/**
 * Several rows of logits become one, whatever the rows are: tiles, symmetries, sites, models.
 *
 * - `logitMean`: weighted mean of the logits; as probabilities, their normalised geometric mean.
 * - `probabilityMean`: natural logarithm of the weighted mean of the probabilities.
 * - `rankMean`: weighted mean of each row's ascending ranks 0..C-1 (see `ascendingRanks`).
 * - `logitMedian`, `probabilityMedian`, `rankMedian`: the same with the weighted median, class by class
 *   (see `weightedMedian`); the medians of probabilities are scaled to sum to 1.
 *
 * Logit and probability reductions give logits: their softmax is a probability. Ranks are scores:
 * they order the classes, and their softmax says nothing about confidence.
 */
export interface Reducer {
  /** Takes one row `[class]` with a weight above 0 (1 without one); the row may be reused afterwards. */
  add(logits: Row, weight?: number): void
  /** How many rows were taken. */
  readonly count: number
  /** The reduced row `[class]`; the reducer is empty again. Throws ShapeError when it took no row. */
  take(): Float64Array
}

/** Means are summed as rows come, so any number of rows fits in memory; medians keep their rows. */
export function createReducer(reduction: Reduction, classes: number): Reducer {
  switch (reduction) {
    case 'logitMean':
      return new MeanReducer(classes, (logits) => logits)
    case 'probabilityMean':
      return new MeanReducer(classes, softmax, logarithm)
    case 'rankMean':
      return new MeanReducer(classes, ascendingRanks)
    case 'logitMedian':
      return new MedianReducer(classes, (logits) => Float64Array.from(logits))
    case 'probabilityMedian':
      return new MedianReducer(classes, softmax, (values) => logarithm(normalised(values)))
    case 'rankMedian':
      return new MedianReducer(classes, ascendingRanks)
  }
}

/** True when the reduced rows are ranks, whose softmax is not a probability. */
export function givesRanks(reduction: Reduction): boolean {
  return reduction === 'rankMean' || reduction === 'rankMedian'
}

/**
 * One matrix from several of the same shape, row by row.
 *
 * @param matrices Each `[unit, class]`.
 * @param weights One a matrix, above 0; without them all count alike.
 * @throws {ShapeError} when there is none, or their shapes differ.
 */
export function reduce(
  matrices: readonly Matrix[],
  reduction: Reduction,
  weights: readonly number[] = matrices.map(() => 1),
): Matrix {
  const [first] = matrices
  if (first === undefined) throw new ShapeError('reduce: got no matrix, expected at least one')
  for (const [i, { rows, columns }] of matrices.entries()) {
    if (rows !== first.rows || columns !== first.columns) {
      throw new ShapeError(
        `reduce: matrix ${i} is [${rows}, ${columns}], expected [${first.rows}, ${first.columns}] as matrix 0`,
      )
    }
  }
  const reducer = createReducer(reduction, first.columns)
  const data = new Float32Array(first.rows * first.columns)
  for (let r = 0; r < first.rows; r++) {
    matrices.forEach((of, i) => {
      reducer.add(row(of, r), weights[i])
    })
    data.set(reducer.take(), r * first.columns)
  }
  return matrix(data, first.rows, first.columns)
}

type RowFunction = (values: Row) => Row

class MeanReducer implements Reducer {
  count = 0
  private total = 0
  private sums: Float64Array

  constructor(
    private readonly classes: number,
    private readonly before: RowFunction,
    private readonly after: (values: Float64Array) => Float64Array = (values) => values,
  ) {
    this.sums = new Float64Array(classes)
  }

  add(logits: Row, weight = 1): void {
    checkRow(logits, weight, this.classes)
    const values = this.before(logits)
    const sums = this.sums
    for (let c = 0; c < sums.length; c++) sums[c] = (sums[c] ?? 0) + weight * (values[c] ?? 0)
    this.total += weight
    this.count++
  }

  take(): Float64Array {
    checkCount(this.count)
    const { sums, total } = this
    const mean = sums.map((sum) => sum / total)
    sums.fill(0)
    this.total = 0
    this.count = 0
    return this.after(mean)
  }
}

class MedianReducer implements Reducer {
  private rows: Row[] = []
  private weights: number[] = []

  constructor(
    private readonly classes: number,
    private readonly before: RowFunction,
    private readonly after: (values: Float64Array) => Float64Array = (values) => values,
  ) {}

  get count(): number {
    return this.rows.length
  }

  add(logits: Row, weight = 1): void {
    checkRow(logits, weight, this.classes)
    this.rows.push(this.before(logits))
    this.weights.push(weight)
  }

  take(): Float64Array {
    checkCount(this.count)
    const { rows, weights } = this
    const column = new Float64Array(rows.length)
    const medians = new Float64Array(this.classes)
    for (let c = 0; c < medians.length; c++) {
      rows.forEach((values, i) => {
        column[i] = values[c] ?? 0
      })
      medians[c] = weightedMedian(column, weights)
    }
    this.rows = []
    this.weights = []
    return this.after(medians)
  }
}

/**
 * The value at which half of the weight lies below: the smallest value whose cumulative weight
 * exceeds half of the total, or, where one reaches exactly half, the mean of it and the next. With
 * equal weights it is the ordinary median, with whole ones that of each value repeated so often.
 */
export function weightedMedian(values: Float64Array, weights: readonly number[]): number {
  if (weights.every((weight) => weight === weights[0])) return median(values)
  const order = Uint32Array.from(values, (_, i) => i)
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const half = weights.reduce((sum, weight) => sum + weight, 0) / 2
  let below = 0
  for (let i = 0; i < order.length; i++) {
    below += weights[order[i] ?? 0] ?? 0
    const value = values[order[i] ?? 0] ?? Number.NaN
    const next = values[order[i + 1] ?? -1]
    // Weights are decimal fractions, so "exactly half" allows for their rounding.
    if (Math.abs(below - half) <= 1e-12 * half)
      return next === undefined ? value : (value + next) / 2
    if (below > half) return value
  }
  return Number.NaN
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort()
  const middle = (sorted.length - 1) / 2
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2
}

/** Zero has no logarithm: the smallest positive double stands in for it. */
function logarithm(values: Float64Array): Float64Array {
  return values.map((value) => Math.log(Math.max(value, Number.MIN_VALUE)))
}

function normalised(values: Float64Array): Float64Array {
  const sum = values.reduce((total, value) => total + value, 0)
  return sum > 0 ? values.map((value) => value / sum) : values
}

function checkRow(logits: Row, weight: number, classes: number): void {
  if (logits.length !== classes) {
    throw new ShapeError(`reduce: got a row of ${logits.length} classes, expected ${classes}`)
  }
  if (!(weight > 0)) throw new ShapeError(`reduce: got weight ${weight}, expected one above 0`)
}

function checkCount(count: number): void {
  if (count === 0) throw new ShapeError('reduce: no row was given, expected at least one')
}
