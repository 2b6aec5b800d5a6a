import { confusionPlot } from '../plots/confusion.js'
import { type PairShare, pairsByCellType } from '../plots/pairs-by-cell-type.js'
import type { CalledWell } from './called-wells.js'
import { type ConfusedPair, confusionCells } from './confused-pairs.js'
import { groupBy } from './group-by.js'
import { details, figure } from './html.js'

/** Each pair in each cell type: units called so, of those with the label. */
export function pairShares(
  pairs: readonly ConfusedPair[],
  wells: readonly CalledWell[],
): PairShare[] {
  const known = wells.filter(({ outcome }) => outcome !== 'unknown')
  const cellTypes = groupBy(known, ({ cellType }) => cellType)
  return pairs.flatMap(({ label, call }) =>
    [...cellTypes].map(([cellType, own]) => {
      const labelled = own.filter((well) => well.label === label)
      const units = labelled.filter((well) => well.call === call).length
      return { pair: `${label} as ${call}`, cellType, units, of: labelled.length }
    }),
  )
}

/**
 * What cell types confuse alike and apart: some pairs in each of them, and the classes of each.
 *
 * @param classes Of the plot of a cell type at most.
 */
export function cellTypeConfusion(
  folder: string,
  pairs: readonly ConfusedPair[],
  wells: readonly CalledWell[],
  classes: number,
): string {
  if (pairs.length === 0) return ''
  const title = `Pairs confused most, by cell type, ${folder}`
  const shares = pairsByCellType(pairShares(pairs, wells), title)
  const plots = [...groupBy(wells, ({ cellType }) => cellType)].sort().map(([cellType, own]) => {
    const heading = `Confusion of classes in ${cellType}, ${folder}`
    const cells = confusionCells(own, classes)
    return cells.length === 0
      ? ''
      : details(
          `Confusion of classes in ${cellType}`,
          figure('confusion-cell-type', confusionPlot(cells, heading), `${heading}, in units.`),
        )
  })
  const caption = `${title}, in % of the units with the label in that cell type.`
  return figure('pairs-by-cell-type', shares, caption) + plots.join('')
}
