import type { Normalisation } from '@phenoprint/pixels'
import { nthSmallest } from './nth-smallest.js'

/** What the median absolute deviation of a normal distribution is multiplied by to be its deviation. */
const toDeviation = 1.4826
/** Of a channel of one value: values are whole numbers, each standing for all that round to it. */
const leastDeviation = 0.25

/** Where most values lie, and how far from there. */
export interface RobustScale {
  readonly median: number
  /** The median of distances from the median. */
  readonly deviation: number
}

/**
 * Median and median absolute deviation of a histogram, the values of a bin spread evenly over it: that
 * of value `v` reaches from v - 1/2 to v + 1/2. So neither jumps between whole numbers where images
 * are dark, and the deviation is never 0. Where exactly half of the values lie on each side of a gap,
 * the median is its middle.
 *
 * @param counts `[bin]`
 * @param width Values of a bin.
 * @returns NaN for an empty histogram.
 */
export function robustOfHistogram(counts: ArrayLike<number>, width: number): RobustScale {
  const below = new Float64Array(counts.length + 1)
  for (let i = 0; i < counts.length; i++) below[i + 1] = (below[i] ?? 0) + (counts[i] ?? 0)
  const total = below[counts.length] ?? 0
  if (total === 0) return { median: Number.NaN, deviation: Number.NaN }
  const range = counts.length * width
  const upTo = (value: number): number => {
    const place = Math.min(Math.max((value + 0.5) / width, 0), counts.length)
    const bin = Math.floor(place)
    return (below[bin] ?? 0) + (place - bin) * (counts[bin] ?? 0)
  }
  const median = middle(upTo, total / 2, -0.5, range - 0.5)
  const within = (distance: number) => upTo(median + distance) - upTo(median - distance)
  return { median, deviation: middle(within, total / 2, 0, range) }
}

/** Where a rising function reaches a height: the middle of where it stays there. */
function middle(of: (at: number) => number, height: number, from: number, to: number): number {
  const slack = 1e-9 * height
  const search = (reached: (value: number) => boolean) => {
    let [low, high] = [from, to]
    for (let i = 0; i < 60; i++) {
      const half = (low + high) / 2
      if (reached(of(half))) high = half
      else low = half
    }
    return high
  }
  return (
    (search((value) => value >= height - slack) + search((value) => value > height + slack)) / 2
  )
}

/** The same of values that are not whole numbers, counted one by one. */
export function robustOfValues(values: Float32Array): RobustScale {
  const median = medianOf(values.slice())
  const deviation = medianOf(values.map((value) => Math.abs(value - median)))
  return { median, deviation: Math.max(leastDeviation, deviation) }
}

/** Moves them about. */
function medianOf(values: Float32Array): number {
  const half = values.length >> 1
  const above = nthSmallest(values, half)
  if (values.length % 2 === 1) return above
  // What stands before it now is no larger.
  const below = values.subarray(0, half).reduce((most, value) => Math.max(most, value), -Infinity)
  return (below + above) / 2
}

/** Median to 0, and to deviation 1 what is normally distributed; 0 throughout a channel that is missing. */
export function robustly(scales: readonly RobustScale[]): Normalisation {
  const there = ({ median }: RobustScale) => !Number.isNaN(median)
  return {
    centre: Float64Array.from(scales, (of) => (there(of) ? of.median : 0)),
    scale: Float64Array.from(scales, (of) => (there(of) ? 1 / (toDeviation * of.deviation) : 0)),
  }
}
