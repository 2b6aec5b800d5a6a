import { ShapeError } from '../errors.js'
import { randomStream } from '../random.js'

/** A mean and the interval that holds it. */
export interface Interval {
  readonly mean: number
  readonly lower: number
  readonly upper: number
}

export interface BootstrapOptions {
  readonly seed: number
  /** How many times units are drawn again. */
  readonly resamples: number
  /** Share of the resampled means between the bounds: 0.95 leaves 2.5 % on either side. */
  readonly level: number
}

export const bootstrapDefaults: BootstrapOptions = { seed: 1, resamples: 1000, level: 0.95 }

/**
 * Percentile bootstrap of a mean, such as the accuracy of 0/1 outcomes. Units are drawn with
 * replacement within their stratum (the wells of an experiment), each stratum keeping its size, so
 * the interval is for these experiments and not for unseen ones.
 *
 * @param values `[unit]`.
 * @param strata `[unit]`, name of each unit's stratum.
 * @returns NaN throughout when there is no unit. Quantiles interpolate linearly (Hyndman & Fan 1996, type 7).
 * @throws {ShapeError} when the lengths differ.
 * @see Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapters 8 and 13.
 */
export function bootstrapMean(
  values: ArrayLike<number>,
  strata: readonly string[],
  { seed, resamples, level }: BootstrapOptions = bootstrapDefaults,
): Interval {
  if (values.length !== strata.length) {
    throw new ShapeError(`bootstrap: got ${values.length} values and ${strata.length} strata`)
  }
  const byName = new Map<string, number[]>()
  strata.forEach((name, unit) => {
    const stratum = byName.get(name) ?? []
    stratum.push(values[unit] ?? 0)
    byName.set(name, stratum)
  })
  const members = [...byName.values()]
  const draw = randomStream(seed, 'bootstrap')
  const means = new Float64Array(resamples)
  for (let r = 0; r < resamples; r++) {
    let sum = 0
    for (const stratum of members) {
      for (let i = 0; i < stratum.length; i++) sum += stratum[draw.integer(stratum.length)] ?? 0
    }
    means[r] = sum / values.length
  }
  means.sort()
  let total = 0
  for (const stratum of members) for (const value of stratum) total += value
  return {
    mean: total / values.length,
    lower: quantile(means, (1 - level) / 2),
    upper: quantile(means, (1 + level) / 2),
  }
}

/** Quantile of ascending numbers, linear between them (type 7); NaN of none. */
export function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1)
  const below = sorted[Math.floor(position)] ?? Number.NaN
  const above = sorted[Math.ceil(position)] ?? Number.NaN
  return below + (position - Math.floor(position)) * (above - below)
}
