import { logSumExp, type Row, softmax } from '../evaluation/softmax.js'

/**
 * How much a well is like those that the network learned from; less means less.
 *
 * - `energy`: the logarithm of the sum of the exponentials of its logits (Liu et al. 2020,
 *   arXiv:2010.03759). It needs logits as a network gives them: log-probabilities all have 0.
 * - `probability`: the probability of its most likely class (Hendrycks & Gimpel 2016,
 *   arXiv:1610.02136).
 */
export type FamiliarityScore = 'energy' | 'probability'

/** The score of a well, from its logits over all classes. */
export function familiarity(logits: Row, kind: FamiliarityScore): number {
  return kind === 'energy' ? logSumExp(logits) : Math.max(...softmax(logits))
}

/**
 * The score below which a well is called unknown: the quantile of those of wells that are known.
 *
 * @param scores At least one.
 * @param share Between 0 and 1: which share of the known wells lies below.
 * @returns Between neighbours the value is interpolated (Hyndman & Fan 1996, type 7).
 */
export function quantile(scores: readonly number[], share: number): number {
  const sorted = [...scores].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low + (high - low) * (place - below)
}
