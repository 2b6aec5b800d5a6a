import { ShapeError } from '../errors.js'

/** Units whose call has a probability within (from, to]; the first bin takes 0 too. */
export interface ReliabilityBin {
  readonly from: number
  readonly to: number
  readonly count: number
  /** Mean probability of their calls, and share of them that is right; NaN where there are none. */
  readonly confidence: number
  readonly accuracy: number
}

/** How far stated probabilities can be trusted. */
export interface Reliability {
  readonly bins: readonly ReliabilityBin[]
  /** Mean distance of confidence and accuracy over the bins, weighted by their units. */
  readonly ece: number
}

const binCount = 15

/**
 * Calls by their stated probability, in 15 bins of equal width, as the metric `ece` counts them.
 *
 * @param probability `[unit]`, of the call.
 * @param right `[unit]`, whether the call is the label.
 * @throws {ShapeError} when the lengths differ.
 * @see Naeini, Cooper & Hauskrecht 2015 (AAAI); Guo et al. 2017, arXiv:1706.04599.
 */
export function reliability(
  probability: readonly number[],
  right: readonly boolean[],
): Reliability {
  if (probability.length !== right.length) {
    throw new ShapeError(
      `reliability: got ${probability.length} probabilities for ${right.length} calls`,
    )
  }
  const units = Array.from({ length: binCount }, (): number[] => [])
  probability.forEach((value, unit) => {
    const bin = Math.min(binCount - 1, Math.max(0, Math.ceil(value * binCount) - 1))
    units[bin]?.push(unit)
  })
  const bins = units.map((members, bin): ReliabilityBin => {
    const confidence = mean(members.map((unit) => probability[unit] ?? 0))
    const accuracy = mean(members.map((unit) => (right[unit] === true ? 1 : 0)))
    return {
      from: bin / binCount,
      to: (bin + 1) / binCount,
      count: members.length,
      confidence,
      accuracy,
    }
  })
  const gaps = bins.map(({ count, confidence, accuracy }) =>
    count === 0 ? 0 : count * Math.abs(confidence - accuracy),
  )
  return { bins, ece: gaps.reduce((sum, gap) => sum + gap, 0) / probability.length }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
