import { histogramBins } from '@phenoprint/pixels'
import type { Channel } from '../screen/screen.js'
import type { SiteStatistics } from './site-statistics.js'
import type { ImageShape, PixelType } from './tiling.js'

/** How a viewer shows a channel: its colour, and what it draws black and what at full brightness. */
export interface ShownChannel {
  readonly name: string
  /** `RRGGBB` */
  readonly color: string
  /** Pixel values, `start < end`. */
  readonly start: number
  readonly end: number
}

/** This share of the pixels is black, and as many are at full brightness. */
const cut = 0.001
/** Colours of channels that have none: one alone is grey, several are told apart. */
const palette = ['0000FF', '00FF00', 'FF0000', '00FFFF', 'FF00FF', 'FFFF00']

/**
 * How viewers show the channels of a plate, from the histograms of some of its sites: between the values
 * that 0.1 % of the pixels are below, and 0.1 % above. A channel that none of them has is shown from 0 to
 * the type's greatest value.
 */
export function showChannels(
  channels: readonly Channel[],
  sites: readonly Pick<SiteStatistics, 'histogram'>[],
  image: ImageShape,
): ShownChannel[] {
  const bins = histogramBins[image.dtype]
  const histogram = new Float64Array(channels.length * bins)
  for (const site of sites) {
    site.histogram.forEach((n, bin) => {
      histogram[bin] = (histogram[bin] ?? 0) + n
    })
  }
  return channels.map(({ name, color }, c) => ({
    name,
    color: color ?? (channels.length === 1 ? 'FFFFFF' : (palette[c % palette.length] ?? 'FFFFFF')),
    ...displayWindow(histogram.subarray(c * bins, (c + 1) * bins), image.dtype),
  }))
}

/** The greatest value of a type. */
export function greatest(dtype: PixelType): number {
  return dtype === 'uint8' ? 2 ** 8 - 1 : 2 ** 16 - 1
}

function displayWindow(histogram: Float64Array, dtype: PixelType): { start: number; end: number } {
  const max = greatest(dtype)
  const pixels = histogram.reduce((sum, n) => sum + n, 0)
  if (pixels === 0) return { start: 0, end: max }
  const valuesPerBin = (max + 1) / histogram.length
  const allowed = cut * pixels
  const start = firstAbove(histogram, allowed) * valuesPerBin
  const upper = histogram.length - firstAbove(histogram.toReversed(), allowed)
  const end = Math.max(start + 1, upper * valuesPerBin - 1)
  return end > max ? { start: max - 1, end: max } : { start, end }
}

/** The first bin with which the sum of the bins is above a number. */
function firstAbove(histogram: Float64Array, allowed: number): number {
  let sum = 0
  return histogram.findIndex((n) => {
    sum += n
    return sum > allowed
  })
}
