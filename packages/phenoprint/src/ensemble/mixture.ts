import type { Reduction } from '../config/config.js'
import { ShapeError } from '../errors.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import { ascendingRanks } from '../evaluation/ranks.js'
import { givesRanks, weightedMedian } from '../evaluation/reductions.js'
import { argmax, logSumExp, type Row, softmax } from '../evaluation/softmax.js'

/** Labelled units and what each member gives them. */
export interface Candidates {
  readonly reduction: Reduction
  /** `[member]`, each `[unit, class]`: what the reduction sums or takes medians of. */
  readonly terms: readonly Matrix[]
  /** `[unit]` */
  readonly labels: Int32Array
}

/** How good a mixture is: mean negative log-likelihood (NaN for ranks) and share of right calls. */
export interface MixtureScore {
  readonly loss: number
  readonly accuracy: number
}

/** What a search goes by; ties in accuracy go by the loss. */
export type Aim = keyof MixtureScore

/**
 * Members made ready for weighing.
 *
 * @param members `[member]`, each `[unit, class]` of logits (or, for ranks, of ranks too).
 * @throws {ShapeError} when they differ in shape, or there is none.
 */
export function candidates(
  members: readonly Matrix[],
  labels: Int32Array,
  reduction: Reduction,
): Candidates {
  const [first] = members
  for (const { rows, columns } of members) {
    if (rows !== labels.length || columns !== first?.columns) {
      throw new ShapeError(
        `ensemble: a member is [${rows}, ${columns}], expected [${labels.length}, ${first?.columns}]`,
      )
    }
  }
  if (first === undefined) throw new ShapeError('ensemble: got no member, expected at least one')
  return { reduction, labels, terms: members.map((of) => termsOf(of, reduction)) }
}

/** Some of the units. */
export function unitsOf(
  { reduction, terms, labels }: Candidates,
  units: readonly number[],
): Candidates {
  return {
    reduction,
    labels: Int32Array.from(units, (unit) => labels[unit] ?? 0),
    terms: terms.map((of) => {
      const data = new Float32Array(units.length * of.columns)
      units.forEach((unit, i) => {
        data.set(row(of, unit), i * of.columns)
      })
      return matrix(data, units.length, of.columns)
    }),
  }
}

/**
 * The score of a mixture.
 *
 * @param weights `[member]`, not negative, with a sum above 0.
 */
export function scoreMixture(of: Candidates, weights: ArrayLike<number>): MixtureScore {
  return scoreRows(of, mixedRows(of, weights))
}

/** `[unit, class]`: the members' terms with weights, not negative, as the reduction puts them together. */
export function mixedRows(of: Candidates, weights: ArrayLike<number>): Matrix {
  if (!isSum(of.reduction)) return medians(of, weights)
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i] ?? 0
  return scaled(weightedSum(of, weights), total)
}

/** Whether the reduction is a weighted sum, so that a change of weights can be added to it. */
export function isSum(reduction: Reduction): boolean {
  return reduction === 'logitMean' || reduction === 'probabilityMean' || reduction === 'rankMean'
}

/** A sum of terms whose weights make `total`, as a mean. */
export function scaled({ data, rows, columns }: Matrix, total: number): Matrix {
  return matrix(
    Float64Array.from(data, (value) => value / total),
    rows,
    columns,
  )
}

/** `[unit, class]`: terms times weights. */
export function weightedSum({ terms, labels }: Candidates, weights: ArrayLike<number>): Matrix {
  const columns = terms[0]?.columns ?? 0
  const sum = matrix(new Float64Array(labels.length * columns), labels.length, columns)
  terms.forEach((term, i) => {
    addTo(sum, term, weights[i] ?? 0)
  })
  return sum
}

/** Adds a multiple of a term to a sum. */
export function addTo({ data }: Matrix, term: Matrix, weight: number): void {
  if (weight === 0) return
  for (let i = 0; i < data.length; i++) data[i] = (data[i] ?? 0) + weight * (term.data[i] ?? 0)
}

/** The score of mixed rows. */
export function scoreRows(of: Candidates, mixed: Matrix): MixtureScore {
  const { losses, right } = scoreUnits(of, mixed)
  const mean = (values: Float64Array) =>
    values.reduce((all, value) => all + value, 0) / values.length
  return { loss: mean(losses), accuracy: mean(right) }
}

/** The same unit by unit: the loss, and 1 where the call is right. */
export function scoreUnits(
  { labels, reduction }: Candidates,
  mixed: Matrix,
): { readonly losses: Float64Array; readonly right: Float64Array } {
  const losses = new Float64Array(labels.length)
  const right = new Float64Array(labels.length)
  labels.forEach((label, unit) => {
    const values = row(mixed, unit)
    right[unit] = argmax(values) === label ? 1 : 0
    losses[unit] = lossOf(values, label, reduction)
  })
  return { losses, right }
}

/** Whether one score is better than another, by more than rounding. */
export function isBetter(a: MixtureScore, b: MixtureScore, aim: Aim): boolean {
  if (aim === 'accuracy' && a.accuracy !== b.accuracy) return a.accuracy > b.accuracy
  return a.loss < b.loss - 1e-12
}

function termsOf(of: Matrix, reduction: Reduction): Matrix {
  if (reduction.startsWith('logit')) return of
  const data = new Float32Array(of.data.length)
  for (let r = 0; r < of.rows; r++) {
    const values = row(of, r)
    data.set(givesRanks(reduction) ? ascendingRanks(values) : softmax(values), r * of.columns)
  }
  return matrix(data, of.rows, of.columns)
}

function medians({ terms, labels }: Candidates, weights: ArrayLike<number>): Matrix {
  const columns = terms[0]?.columns ?? 0
  const counted = terms.map((term, i) => ({ term, weight: weights[i] ?? 0 }))
  const members = counted.filter(({ weight }) => weight > 1e-12)
  const given = members.map(({ weight }) => weight)
  const data = new Float64Array(labels.length * columns)
  const column = new Float64Array(members.length)
  for (let at = 0; at < data.length; at++) {
    for (let i = 0; i < column.length; i++) column[i] = members[i]?.term.data[at] ?? 0
    data[at] = weightedMedian(column, given)
  }
  return matrix(data, labels.length, columns)
}

function lossOf(values: Row, label: number, reduction: Reduction): number {
  if (givesRanks(reduction)) return Number.NaN
  const own = values[label] ?? 0
  if (reduction.startsWith('logit')) return logSumExp(values) - own
  // Means of probabilities sum to 1; medians are scaled to.
  let total = reduction === 'probabilityMean' ? 1 : 0
  if (total === 0) for (const value of values) total += value
  return -Math.log(Math.max(own / total, Number.MIN_VALUE))
}
