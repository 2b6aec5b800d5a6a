import { ShapeError } from '../errors.js'

/** How differently two members call the same units. */
export interface PairDiversity {
  /** Share of units that they call differently. */
  readonly disagreement: number
  /**
   * Yule's Q of being right: (ad - bc) / (ad + bc), with a both right, d both wrong, b and c one of
   * them. 1: they err on the same units; 0: as if by chance; -1: never together. With ad + bc = 0 it is 1
   * where they are right and wrong together, else -1.
   */
  readonly yulesQ: number
  /** Correlation (phi) of being wrong; NaN where one is never, or always, wrong. */
  readonly errorCorrelation: number
}

/**
 * @param a `[unit]`, the calls of one member; `b` those of the other.
 * @throws {ShapeError} when lengths differ.
 * @see Kuncheva & Whitaker 2003, Measures of diversity in classifier ensembles, Machine Learning 51:181.
 */
export function pairDiversity(a: Int32Array, b: Int32Array, labels: Int32Array): PairDiversity {
  if (a.length !== labels.length || b.length !== labels.length) {
    throw new ShapeError(
      `diversity: got ${a.length} and ${b.length} calls for ${labels.length} labels`,
    )
  }
  let [both, onlyA, onlyB, neither, different] = [0, 0, 0, 0, 0]
  labels.forEach((label, unit) => {
    const rightA = a[unit] === label
    const rightB = b[unit] === label
    if (a[unit] !== b[unit]) different++
    if (rightA && rightB) both++
    else if (rightA) onlyA++
    else if (rightB) onlyB++
    else neither++
  })
  const together = both * neither
  const apart = onlyA * onlyB
  const alike = onlyA + onlyB === 0 ? 1 : -1
  const spread = (both + onlyA) * (onlyB + neither) * (both + onlyB) * (onlyA + neither)
  return {
    disagreement: different / labels.length,
    yulesQ: together + apart === 0 ? alike : (together - apart) / (together + apart),
    errorCorrelation: spread === 0 ? Number.NaN : (together - apart) / Math.sqrt(spread),
  }
}

/** The mean of a figure over all pairs of some members; `alone` for a single one. */
export function meanOverPairs(
  members: readonly number[],
  figure: (a: number, b: number) => number,
  alone: number,
): number {
  let sum = 0
  let pairs = 0
  members.forEach((a, i) => {
    for (const b of members.slice(i + 1)) {
      sum += figure(a, b)
      pairs++
    }
  })
  return pairs === 0 ? alone : sum / pairs
}
