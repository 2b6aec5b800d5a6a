import type { nn } from '@phenoprint/torch'
import { learnPlateGroups } from '../screen/plate-groups.js'
import type { Screen } from '../screen/screen.js'

/**
 * The classes of a network in groups: treatments that share a plate among the units that are trained on, the
 * treatments that none of them has, and behind them the classes of controls. Groups without a class are left
 * out.
 *
 * @param units Indices into the screen's units: nothing else is looked at.
 * @param classes Of the network: those of treatments, and of controls where it has them.
 */
export function classGroups(
  screen: Screen,
  units: readonly number[],
  classes: number,
): nn.ClassGroups {
  const treatments = Math.min(screen.classes, classes)
  const contents = new Map<number, Set<number>>()
  for (const index of units) {
    const { role, label, plate, pseudoWeight } = screen.units[index] ?? {}
    // One wrong label would join two groups.
    if (pseudoWeight !== undefined) continue
    if (role !== 'treatment' || label === null || label === undefined || plate === undefined)
      continue
    const own = contents.get(plate) ?? new Set()
    contents.set(plate, own.add(label))
  }
  const plates = [...contents].map(([index, labels]) => {
    const { experiment = '', plate = '' } = screen.plates[index] ?? {}
    return { experiment, plate, classes: [...labels] }
  })
  const learned = learnPlateGroups(plates, treatments)
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, place) => from + place)
  const unseen = range(0, treatments).filter((index) => learned.groupOf[index] === -1)
  return [...learned.classes, unseen, range(treatments, classes)].filter(
    (members) => members.length > 0,
  )
}
