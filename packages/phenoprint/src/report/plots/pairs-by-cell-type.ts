import * as Plot from '@observablehq/plot'
import { draw } from './draw.js'

/** How often a class was called another in one cell type. */
export interface PairShare {
  /** `label as call`. */
  readonly pair: string
  readonly cellType: string
  /** Units called so, of those that have the label there. */
  readonly units: number
  readonly of: number
}

/** Pairs of classes against cell types: which errors are one cell type's own, and which all share. */
export function pairsByCellType(shares: readonly PairShare[], title: string): string {
  const pairs = [...new Set(shares.map(({ pair }) => pair))]
  const cellTypes = [...new Set(shares.map(({ cellType }) => cellType))].sort()
  const known = shares.filter(({ of }) => of > 0)
  const most = known.reduce((a, b) => (shareOf(b) > shareOf(a) ? b : a), known[0] ?? none)
  return draw(
    {
      width: 260 + 70 * cellTypes.length,
      height: 70 + 22 * pairs.length,
      marginLeft: 230,
      marginTop: 40,
      x: { label: 'Cell type', domain: cellTypes, axis: 'top' },
      y: { label: null, domain: pairs },
      marks: [
        Plot.cell(known, {
          x: 'cellType',
          y: 'pair',
          fill: 'var(--series-1)',
          fillOpacity: (share: PairShare) => 0.35 * shareOf(share),
          stroke: 'currentColor',
          strokeOpacity: 0.2,
          inset: 0.5,
          title: ({ pair, cellType, units, of }: PairShare) =>
            `${pair}, ${cellType}: ${units} of ${of} units`,
        }),
        Plot.text(known, {
          x: 'cellType',
          y: 'pair',
          text: (share: PairShare) => (100 * shareOf(share)).toFixed(0),
          fill: 'currentColor',
          pointerEvents: 'none',
        }),
      ],
    },
    {
      title,
      description: `In % of the units with the label. The largest share: ${most.pair} in ${most.cellType}, ${most.units} of ${most.of} units.`,
    },
  )
}

function shareOf({ units, of }: PairShare): number {
  return units / of
}

const none: PairShare = { pair: '', cellType: '', units: 0, of: 1 }
