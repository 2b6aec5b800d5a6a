import { createHash } from 'node:crypto'
import { histogramBins, type Moments, type Pixels, statisticsOfCounts } from '@phenoprint/pixels'
import type { ImageShape } from './tiling.js'

/**
 * What is known of the intensities of a site. Moments are NaN where the channel's image was missing
 * and filled with zeros.
 */
export interface SiteStatistics extends Moments {
  /** `[channel, bin]`: 256 bins for uint8, 4096 of sixteen values each for uint16; 0 where the channel is missing. */
  readonly histogram: Uint32Array
}

/**
 * Statistics of a site.
 *
 * @param counts `[channel, value]`: how often each value occurs.
 * @param missing Channels that are not there: they count for nothing.
 */
export function siteStatistics(
  counts: Uint32Array,
  { channels, height, width, dtype }: ImageShape,
  missing: readonly number[],
): SiteStatistics {
  const bins = histogramBins[dtype]
  const mean = new Float64Array(channels).fill(Number.NaN)
  const variance = new Float64Array(channels).fill(Number.NaN)
  const histogram = new Uint32Array(channels * bins)
  const values = counts.length / channels
  for (let c = 0; c < channels; c++) {
    if (missing.includes(c)) continue
    const own = counts.subarray(c * values, (c + 1) * values)
    const channel = statisticsOfCounts(own, height * width)
    mean[c] = channel.mean
    variance[c] = channel.variance
    histogram.set(channel.histogram, c * bins)
  }
  return { mean, variance, histogram }
}

/** SHA-256 of pixels `[channel, y, x]`, little-endian, without padding: 32 bytes. */
export function pixelDigest(pixels: Pixels): Uint8Array {
  const bytes = new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.byteLength)
  return createHash('sha256').update(bytes).digest()
}

/** Sites whose histograms share a chunk: about a quarter of a megabyte. */
export function histogramsPerChunk({ channels, dtype }: ImageShape): number {
  return Math.max(1, Math.floor(2 ** 16 / (channels * histogramBins[dtype])))
}

/** SHA-256, in hexadecimal, of the names and pixel digests of a plate's sites, in their order. */
export function plateDigest(
  sites: readonly { readonly id: string }[],
  digests: Uint8Array,
): string {
  const hash = createHash('sha256')
  sites.forEach(({ id }, i) => {
    hash.update(`${JSON.stringify(id)} `).update(digests.subarray(32 * i, 32 * i + 32))
  })
  return hash.digest('hex')
}
