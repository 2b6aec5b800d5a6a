import type { PseudoLabel } from '../screen/pseudo-labels.js'
import type { Screen } from '../screen/screen.js'

/** Predicted labels of a cell type. */
export interface LabelFigures {
  /** Units that could be chosen, in all rounds. */
  readonly units: number
  readonly chosen: number
  readonly kept: number
  /** Labels of units whose own label the screen knows, and how many of these are the same. */
  readonly known: number
  readonly right: number
}

/**
 * How many labels each cell type has, and how many are right where that is known: for people alone.
 *
 * @param truth The screen with all that is known of it.
 * @param units How many could be chosen, by cell type.
 */
export function labelFigures(
  labels: readonly PseudoLabel[],
  truth: Screen,
  units: ReadonlyMap<string, number>,
  round: number,
): Record<string, LabelFigures> {
  const places = new Map(truth.units.map((unit) => [unit.id, unit]))
  return Object.fromEntries(
    [...units].map(([cellType, all]) => {
      const own = labels.flatMap((label) => {
        const unit = places.get(label.unit)
        const type = truth.plates[unit?.plate ?? -1]?.cellType
        return type === cellType ? [{ ...label, truth: unit?.label ?? null }] : []
      })
      const known = own.filter((label) => label.truth !== null)
      return [
        cellType,
        {
          units: all,
          chosen: own.filter((label) => label.round === round).length,
          kept: own.filter((label) => label.round < round).length,
          known: known.length,
          right: known.filter((label) => label.truth === label.label).length,
        },
      ]
    }),
  )
}
