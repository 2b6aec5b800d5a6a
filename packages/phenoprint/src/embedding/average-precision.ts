import { type Matrix, matrix, row } from '../evaluation/matrix.js'

/** How well the likes of one query come before the others. */
export interface QueryPrecision {
  /** 1 where all positives come first; NaN without a positive or without a negative. */
  readonly averagePrecision: number
  /** 0 where it is as by chance, 1 at best, not below -1: (AP - E) / (1 - E), E the mean of random orders. */
  readonly normalised: number
  readonly positives: number
  readonly negatives: number
}

/**
 * Average precision of a query: its positives and negatives are put in falling order of cosine
 * similarity, and the share of positives up to each positive is averaged. Of equal ones positives come first.
 *
 * @param similarities `[profile]`, of the query to each.
 * @see Kalinin et al. 2025, A versatile information retrieval framework for evaluating profile strength
 *   and similarity, Nature Communications 16:5181 (copairs).
 */
export function queryPrecision(
  similarities: Float64Array,
  positives: readonly number[],
  negatives: readonly number[],
): QueryPrecision {
  const likes = Float64Array.from(positives, (i) => similarities[i] ?? 0).sort()
  const others = Float64Array.from(negatives, (i) => similarities[i] ?? 0).sort()
  const counts = { positives: likes.length, negatives: others.length }
  if (likes.length === 0 || others.length === 0) {
    return { averagePrecision: Number.NaN, normalised: Number.NaN, ...counts }
  }
  let sum = 0
  let above = 0
  for (let place = 1; place <= likes.length; place++) {
    const similarity = likes[likes.length - place] ?? 0
    while (above < others.length && (others[others.length - 1 - above] ?? 0) > similarity) above++
    sum += place / (place + above)
  }
  const averagePrecision = sum / likes.length
  const chance = chancePrecision(likes.length, others.length)
  const normalised = Math.max(-1, (averagePrecision - chance) / Math.max(1 - chance, 1e-10))
  return { averagePrecision, normalised, ...counts }
}

/**
 * Mean average precision of random orders.
 *
 * @see Bestgen 2015, Exact expected average precision of the random baseline, PBML 103:131.
 */
export function chancePrecision(positives: number, negatives: number): number {
  const all = positives + negatives
  if (all <= 1) return positives
  let harmonic = 0
  for (let i = 1; i <= all; i++) harmonic += 1 / i
  return (((positives - 1) / (all - 1)) * (all - harmonic) + harmonic) / all
}

/** Rows of length 1; a row of zeros stays. */
export function unitRows(of: Matrix): Matrix {
  const data = new Float64Array(of.data.length)
  for (let r = 0; r < of.rows; r++) {
    const values = row(of, r)
    let squares = 0
    for (const value of values) squares += value * value
    const length = Math.sqrt(squares)
    values.forEach((value, c) => {
      data[r * of.columns + c] = length === 0 ? 0 : value / length
    })
  }
  return matrix(data, of.rows, of.columns)
}

/** `[profile]`: cosine similarity of one row to each of some rows (0 elsewhere), of rows of length 1. */
export function similaritiesTo(
  units: Matrix,
  query: number,
  others: readonly number[],
): Float64Array {
  const { data, columns } = units
  const found = new Float64Array(units.rows)
  const at = query * columns
  for (const other of others) {
    const start = other * columns
    let [a, b, c, d] = [0, 0, 0, 0]
    let i = 0
    for (; i + 3 < columns; i += 4) {
      a += (data[at + i] ?? 0) * (data[start + i] ?? 0)
      b += (data[at + i + 1] ?? 0) * (data[start + i + 1] ?? 0)
      c += (data[at + i + 2] ?? 0) * (data[start + i + 2] ?? 0)
      d += (data[at + i + 3] ?? 0) * (data[start + i + 3] ?? 0)
    }
    for (; i < columns; i++) a += (data[at + i] ?? 0) * (data[start + i] ?? 0)
    found[other] = a + b + c + d
  }
  return found
}
