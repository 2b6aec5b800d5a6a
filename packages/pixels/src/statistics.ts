import type { Pixels } from './image.js'
import { native } from './native.js'

/** Bins of a histogram: every value of uint8, sixteen values a bin of uint16. */
export const histogramBins = { uint8: 256, uint16: 4096 } as const

export interface ChannelStatistics {
  readonly mean: number
  /** Of the population: divided by the number of pixels. */
  readonly variance: number
  /** Pixels a bin, `[256]` for uint8, `[4096]` for uint16. */
  readonly histogram: Uint32Array
}

/** Counts of each value, kept between calls: a plane is counted in one pass and read out in another. */
const valueCounts = { uint8: new Uint32Array(256), uint16: new Uint32Array(65536) }

/** Mean, variance and histogram of a plane, exact up to rounding of the last step. */
export function channelStatistics(plane: Pixels): ChannelStatistics {
  const counts = valueCounts[plane instanceof Uint8Array ? 'uint8' : 'uint16'].fill(0)
  if (native !== null) native.countValues(plane, counts)
  else countValues(plane, counts)
  return statisticsOfCounts(counts, plane.length)
}

/**
 * The same from how often each value occurs, `[256]` or `[65536]`.
 *
 * @param pixels How many there are.
 */
export function statisticsOfCounts(counts: Uint32Array, pixels: number): ChannelStatistics {
  const dtype = counts.length === valueCounts.uint8.length ? 'uint8' : 'uint16'
  const histogram = new Uint32Array(histogramBins[dtype])
  const valuesPerBin = counts.length / histogram.length
  let sum = 0
  for (let value = 0; value < counts.length; value++) {
    const count = counts[value] ?? 0
    if (count === 0) continue
    const bin = Math.floor(value / valuesPerBin)
    histogram[bin] = (histogram[bin] ?? 0) + count
    sum += count * value
  }
  const mean = sum / pixels
  let squares = 0
  for (let value = 0; value < counts.length; value++) {
    const count = counts[value] ?? 0
    if (count > 0) squares += count * (value - mean) ** 2
  }
  return { mean, variance: squares / pixels, histogram }
}

/** Adds up how often each value of a plane occurs. */
export function countValues(plane: Pixels, counts: Uint32Array): void {
  for (let i = 0; i < plane.length; i++) {
    const value = plane[i] ?? 0
    counts[value] = (counts[value] ?? 0) + 1
  }
}
