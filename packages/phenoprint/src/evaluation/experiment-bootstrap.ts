import { randomStream } from '../random.js'
import { type BootstrapOptions, bootstrapDefaults, type Interval, quantile } from './bootstrap.js'

/**
 * Percentile bootstrap of a figure over whole experiments: they are drawn with replacement, each with
 * all its units, so the interval is for experiments like these that were not seen. Two figures of the
 * same experiments at the same seed see the same draws.
 *
 * @param experiments What each experiment gives to the figure.
 * @param statistic The figure of some of them, each perhaps several times. A draw without a figure
 *   (NaN) is left out.
 * @returns `mean` is the figure of all experiments once. With fewer than two the bounds are NaN: one
 *   says nothing of others.
 * @see Davison & Hinkley 1997, Bootstrap Methods and their Application, section 3.8 (hierarchical data).
 */
export function bootstrapExperiments<T>(
  experiments: readonly T[],
  statistic: (drawn: readonly T[]) => number,
  { seed, resamples, level }: BootstrapOptions = bootstrapDefaults,
): Interval {
  const mean = statistic(experiments)
  if (experiments.length < 2) return { mean, lower: Number.NaN, upper: Number.NaN }
  const draw = randomStream(seed, 'bootstrap of experiments')
  const figures = Float64Array.from({ length: resamples }, () =>
    statistic(experiments.map((same) => experiments[draw.integer(experiments.length)] ?? same)),
  ).filter((figure) => !Number.isNaN(figure))
  figures.sort()
  return {
    mean,
    lower: quantile(figures, (1 - level) / 2),
    upper: quantile(figures, (1 + level) / 2),
  }
}
