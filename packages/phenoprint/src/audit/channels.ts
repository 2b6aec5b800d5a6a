import { histogramBins } from '@phenoprint/pixels'
import type { SiteStatistics } from '../store/site-statistics.js'
import type { Store } from '../store/store.js'
import type { Finding } from './finding.js'

/** More than this share of pixels at the brightest value that the camera can give. */
const saturatedShare = 0.01
/** Bits of cameras; a uint16 image often holds fewer than 16. */
const cameraBits = { uint8: [8], uint16: [12, 14, 16] } as const

/**
 * Channels with one value only, and channels with many pixels at the camera's limit. The limit of
 * a channel is the screen's brightest value, where that is what 8, 12, 14 or 16 bits can hold.
 *
 * @param sites Indices of the sites whose statistics can be read.
 */
export function channelFindings(store: Store, sites: readonly number[]): Finding[] {
  const { channels, tiling } = store
  const { dtype } = tiling.image
  const bins = histogramBins[dtype]
  const valuesPerBin = dtype === 'uint8' ? 1 : 2 ** 16 / bins
  const brightest = new Array<number>(channels).fill(0)
  for (const site of sites) {
    const { histogram } = store.statistics(site)
    for (let c = 0; c < channels; c++) {
      const last = histogram.subarray(c * bins, (c + 1) * bins).findLastIndex((n) => n > 0)
      brightest[c] = Math.max(brightest[c] ?? 0, last)
    }
  }
  const limits = cameraBits[dtype].map((bits) => 2 ** bits / valuesPerBin - 1)
  const limit = brightest.map((bin) => (limits.includes(bin) ? bin : null))
  return sites.flatMap((site) => {
    const statistics = store.statistics(site)
    return store.screen.channels.flatMap(({ name }, c): Finding[] => {
      const where = store.screen.sites[site]?.id ?? ''
      if (statistics.variance[c] === 0) {
        const what = `${name}: every pixel is ${statistics.mean[c]}`
        return [{ check: 'constant', severity: 'warning', where, what }]
      }
      const share = shareAt(statistics, c, bins, limit[c] ?? null)
      if (share <= saturatedShare) return []
      const what = `${name}: ${(100 * share).toFixed(1)} % of pixels at the limit`
      return [{ check: 'saturated', severity: 'warning', where, what }]
    })
  })
}

function shareAt(
  { histogram }: SiteStatistics,
  channel: number,
  bins: number,
  limit: number | null,
): number {
  if (limit === null) return 0
  const own = histogram.subarray(channel * bins, (channel + 1) * bins)
  const pixels = own.reduce((sum, n) => sum + n, 0)
  return pixels === 0 ? 0 : (own[limit] ?? 0) / pixels
}
