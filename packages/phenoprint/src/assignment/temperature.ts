import { logSumExp, type Row } from '../evaluation/softmax.js'

/** Logits and the class that is right. */
export interface LabelledRow {
  readonly logits: Row
  readonly label: number
}

/** A fitted temperature, and what it changed. */
export interface Temperature {
  readonly temperature: number
  /** Mean negative logarithm of the label's probability, before and after. */
  readonly lossBefore: number
  readonly loss: number
  readonly count: number
}

/** 1 over the temperature stays within these. */
const least = 1 / 100
const greatest = 100

/**
 * The temperature T that makes softmax(logits / T) most likely: the calls stay as they are, and their
 * probabilities become neither too bold nor too timid. The loss is convex in b = 1/T, with
 *
 *   d/db = mean(E[z] - z[label]),  d2/db2 = mean(Var[z])  under softmax(b z),
 *
 * so Newton's steps find its one minimum; where they would leave the bracket or do not halve, which
 * is so far out in the tail, the bracket is halved instead.
 * T is within 0.01 and 100: rows that are all right would otherwise have none.
 *
 * @param rows -Infinity in the logits is a class that cannot be; rows whose own label cannot be are
 *   left out, for no temperature changes them.
 * @returns Temperature 1 where no row counts.
 * @see Guo, Pleiss, Sun & Weinberger 2017, arXiv:1706.04599.
 */
export function fitTemperature(rows: readonly LabelledRow[]): Temperature {
  const counted = rows.filter(({ logits, label }) => Number.isFinite(logits[label] ?? Number.NaN))
  if (counted.length === 0) {
    return { temperature: 1, lossBefore: Number.NaN, loss: Number.NaN, count: 0 }
  }
  let low = least
  let high = greatest
  let inverse = 1
  let step = high - low
  while (Math.abs(step) > 1e-10 * inverse) {
    const { slope, curvature } = derivatives(counted, inverse)
    if (slope === 0) break
    if (slope > 0) high = inverse
    else low = inverse
    const newton = -slope / curvature
    const inside = inverse + newton > low && inverse + newton < high
    const halves = Math.abs(newton) <= Math.abs(step) / 2
    // Half of the bracket is meant in logarithms.
    step = inside && halves ? newton : Math.sqrt(low * high) - inverse
    inverse += step
  }
  const temperature = 1 / inverse
  return {
    temperature,
    lossBefore: lossAt(counted, 1),
    loss: lossAt(counted, inverse),
    count: counted.length,
  }
}

function lossAt(rows: readonly LabelledRow[], inverse: number): number {
  let sum = 0
  for (const { logits, label } of rows) {
    const scaled = logits.map((value) => value * inverse)
    sum += logSumExp(scaled) - (scaled[label] ?? 0)
  }
  return sum / rows.length
}

function derivatives(
  rows: readonly LabelledRow[],
  inverse: number,
): { slope: number; curvature: number } {
  let slope = 0
  let curvature = 0
  for (const { logits, label } of rows) {
    const own = logits[label] ?? 0
    let largest = Number.NEGATIVE_INFINITY
    for (const value of logits) if (value > largest) largest = value
    let weights = 0
    let mean = 0
    let square = 0
    for (const value of logits) {
      if (value === Number.NEGATIVE_INFINITY) continue
      const weight = Math.exp((value - largest) * inverse)
      weights += weight
      mean += weight * (value - own)
      square += weight * (value - own) ** 2
    }
    mean /= weights
    slope += mean
    curvature += square / weights - mean ** 2
  }
  return { slope: slope / rows.length, curvature: curvature / rows.length }
}
