import type { Channel } from '../screen/screen.js'
import type { ChannelWeights } from './explanation-table.js'

/** Mean share of each channel, `[channel]`, by cell type. */
export type MeanShares = Readonly<Record<string, readonly number[]>>

/** Sites count alike. */
export function meanShares(
  sites: readonly { readonly cellType: string; readonly weights: ChannelWeights }[],
): MeanShares {
  const names = [...new Set(sites.map(({ cellType }) => cellType))]
  return Object.fromEntries(
    names.map((name) => {
      const own = sites.filter(({ cellType }) => cellType === name)
      const channels = own[0]?.weights.share ?? []
      const mean = (c: number) =>
        own.reduce((sum, { weights }) => sum + (weights.share[c] ?? 0), 0) / own.length
      return [name, channels.map((_, c) => mean(c))]
    }),
  )
}

/** A line a cell type, for people. */
export function sharesTable(shares: MeanShares, channels: readonly Channel[]): string[] {
  return Object.entries(shares).map(([cellType, of]) => {
    const cells = of.map((share, c) => `${channels[c]?.name ?? c} ${(100 * share).toFixed(0)} %`)
    return `explain: ${cellType}: gradient x input by channel: ${cells.join(', ')}`
  })
}
