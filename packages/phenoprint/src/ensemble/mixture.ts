import type { Reduction } from '../config/config.js'
import { ShapeError } from '../errors.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import { ascendingRanks } from '../evaluation/ranks.js'
import { argmax, logSumExp, type Row, softmax } from '../evaluation/softmax.js'

/** Reductions that are weighted sums, so that weights can be searched for. */
export type MeanReduction = Extract<Reduction, 'logitMean' | 'probabilityMean' | 'rankMean'>

/** Labelled units and what each member gives them. */
export interface Candidates {
  readonly reduction: MeanReduction
  /** `[member]`, each `[unit, class]`: what the reduction sums, see {@link candidates}. */
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
 * @param members `[member]`, each `[unit, class]` of logits (or, for `rankMean`, of ranks too).
 * @throws {ShapeError} when they differ in shape, or there is none.
 */
export function candidates(
  members: readonly Matrix[],
  labels: Int32Array,
  reduction: MeanReduction,
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
  const sum = weightedSum(of, weights)
  let total = 0
  for (let i = 0; i < weights.length; i++) total += weights[i] ?? 0
  return scoreSum(of, sum, total)
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

/** The score of a sum of terms whose weights make `total`. */
export function scoreSum(of: Candidates, sum: Matrix, total: number): MixtureScore {
  const { losses, right } = scoreUnits(of, sum, total)
  const mean = (values: Float64Array) =>
    values.reduce((all, value) => all + value, 0) / values.length
  return { loss: mean(losses), accuracy: mean(right) }
}

/** The same unit by unit: the loss, and 1 where the call is right. */
export function scoreUnits(
  { labels, reduction }: Candidates,
  sum: Matrix,
  total: number,
): { readonly losses: Float64Array; readonly right: Float64Array } {
  const losses = new Float64Array(labels.length)
  const right = new Float64Array(labels.length)
  labels.forEach((label, unit) => {
    const values = row(sum, unit)
    right[unit] = argmax(values) === label ? 1 : 0
    losses[unit] = lossOf(values, label, total, reduction)
  })
  return { losses, right }
}

/** Whether one score is better than another, by more than rounding. */
export function isBetter(a: MixtureScore, b: MixtureScore, aim: Aim): boolean {
  if (aim === 'accuracy' && a.accuracy !== b.accuracy) return a.accuracy > b.accuracy
  return a.loss < b.loss - 1e-12
}

function termsOf(of: Matrix, reduction: MeanReduction): Matrix {
  if (reduction === 'logitMean') return of
  const data = new Float32Array(of.data.length)
  for (let r = 0; r < of.rows; r++) {
    const values = row(of, r)
    data.set(reduction === 'rankMean' ? ascendingRanks(values) : softmax(values), r * of.columns)
  }
  return matrix(data, of.rows, of.columns)
}

function lossOf(values: Row, label: number, total: number, reduction: MeanReduction): number {
  if (reduction === 'rankMean') return Number.NaN
  const own = (values[label] ?? 0) / total
  if (reduction === 'probabilityMean') return -Math.log(Math.max(own, Number.MIN_VALUE))
  return logSumExp(Float64Array.from(values, (value) => value / total)) - own
}
