import { PredictionError } from '../errors.js'
import { row } from '../evaluation/matrix.js'
import { logSumExp, type Row, softmax } from '../evaluation/softmax.js'
import type { PredictionBlock } from '../prediction/predicted-units.js'
import type { KnownDistances } from './known-distances.js'

/**
 * How much a well is like those that the network learned from; less means less.
 *
 * - `energy`: the logarithm of the sum of the exponentials of its logits (Liu et al. 2020,
 *   arXiv:2010.03759). It needs logits as a network gives them: log-probabilities all have 0.
 * - `probability`: the probability of its most likely class (Hendrycks & Gimpel 2016,
 *   arXiv:1610.02136).
 */
export type LogitScore = 'energy' | 'probability'

/**
 * The same with embeddings: `distance` from the nearest class, see `classDistances`; and `either`, by
 * which a well is as unknown as its energy or its distance says, whichever is rarer among known wells.
 */
export type FamiliarityScore = LogitScore | 'distance' | 'either'

/** The score of a well, from its logits over all classes. */
export function familiarity(logits: Row, kind: LogitScore): number {
  return kind === 'energy' ? logSumExp(logits) : Math.max(...softmax(logits))
}

/**
 * The scores of a block's wells: one for each, two with `either`.
 *
 * @param distances By unit, where the score needs them.
 * @returns `[score][well]`
 * @throws {PredictionError} naming a unit that has no embedding.
 */
export function familiarities(
  { rows, logits }: PredictionBlock,
  kind: FamiliarityScore,
  distances: KnownDistances | null,
): Float64Array[] {
  const ofLogits = (score: LogitScore) =>
    Float64Array.from(rows, (_, i) => familiarity(row(logits, i), score))
  const distance = () =>
    Float64Array.from(rows, ({ unit }) => {
      const nearness = distances?.get(unit)
      if (nearness !== undefined) return nearness
      throw new PredictionError(
        `assignment.unknown.embeddings: there is no embedding of unit ${unit}. Embed the store that was predicted, or set assignment.unknown.score to energy.`,
      )
    })
  if (kind === 'either') return [ofLogits('energy'), distance()]
  return [kind === 'distance' ? distance() : ofLogits(kind)]
}

/** What wells that are known score, and below what a well is not. */
export interface KnownWells {
  /** `[score]`, each ascending. */
  readonly sorted: readonly Float64Array[]
  readonly below: number
}

/**
 * The bound below which a share of the known wells lies.
 *
 * @param wells At least one; `[well][score]`.
 * @param share Between 0 and 1.
 */
export function knownWells(wells: readonly (readonly number[])[], share: number): KnownWells {
  const scores = wells[0]?.length ?? 0
  const sorted = Array.from({ length: scores }, (_, k) =>
    Float64Array.from(wells, (well) => well[k] ?? Number.NaN).sort(),
  )
  const all = wells.map((well) => together(well, sorted))
  return { sorted, below: quantile(all, share) }
}

/** Whether a well scores below the bound. */
export function isBelow(well: readonly number[], { sorted, below }: KnownWells): boolean {
  return together(well, sorted) < below
}

/** One score as it is; of several the least of the shares of known wells that lie below. */
function together(well: readonly number[], sorted: readonly Float64Array[]): number {
  if (sorted.length === 1) return well[0] ?? Number.NaN
  return Math.min(...well.map((score, k) => shareBelow(score, sorted[k] ?? new Float64Array(0))))
}

function shareBelow(score: number, sorted: Float64Array): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < score) low = middle + 1
    else high = middle
  }
  return low / sorted.length
}

/**
 * The quantile of some scores.
 *
 * @param scores At least one.
 * @param share Between 0 and 1: which share lies below.
 * @returns Between neighbours the value is interpolated (Hyndman & Fan 1996, type 7).
 */
export function quantile(scores: readonly number[], share: number): number {
  const sorted = [...scores].sort((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low === high ? low : low + (high - low) * (place - below)
}
