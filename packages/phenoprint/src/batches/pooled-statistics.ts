import { histogramBins, type Moments } from '@phenoprint/pixels'
import type { Store } from '../store/store.js'
import { type RobustScale, robustOfHistogram } from './robust.js'

/** Values of a bin of the store's histograms. */
export const valuesPerBin = { uint8: 1, uint16: 65536 / histogramBins.uint16 } as const

/**
 * Mean and variance over all pixels of some sites, `[channel]`; NaN where a channel is missing
 * throughout. All sites have the same number of pixels.
 *
 * One site at a time, as Welford (1962, Technometrics 4:419) does one value.
 */
export function pooledMoments(store: Store, sites: readonly number[]): Moments {
  const { channels } = store
  const count = new Float64Array(channels)
  const mean = new Float64Array(channels)
  /** Sum of squares about the mean so far. */
  const spread = new Float64Array(channels)
  for (const site of sites) {
    const of = store.moments(site)
    for (let c = 0; c < channels; c++) {
      const siteMean = of.mean[c] ?? Number.NaN
      if (Number.isNaN(siteMean)) continue
      const before = count[c] ?? 0
      const shift = siteMean - (mean[c] ?? 0)
      count[c] = before + 1
      mean[c] = (mean[c] ?? 0) + shift / (before + 1)
      spread[c] = (spread[c] ?? 0) + (of.variance[c] ?? 0) + (shift * shift * before) / (before + 1)
    }
  }
  const orMissing = (value: number, c: number) => ((count[c] ?? 0) > 0 ? value : Number.NaN)
  return {
    mean: mean.map(orMissing),
    variance: spread.map((value, c) => orMissing(value / (count[c] ?? 0), c)),
  }
}

/** Median and deviation over all pixels of some sites, by channel, from the store's histograms. */
export function pooledScales(store: Store, sites: readonly number[]): RobustScale[] {
  const { channels } = store
  const { dtype } = store.tiling.image
  const sums = new Float64Array(channels * histogramBins[dtype])
  for (const site of sites) {
    const { histogram } = store.statistics(site)
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (histogram[i] ?? 0)
  }
  return Array.from({ length: channels }, (_, c) =>
    robustOfHistogram(
      sums.subarray(c * histogramBins[dtype], (c + 1) * histogramBins[dtype]),
      valuesPerBin[dtype],
    ),
  )
}
