import type { PlateContents } from '../screen/plate-groups.js'
import type { Screen } from '../screen/screen.js'
import { type PlaceOf, platePlaces } from './plate-orders.js'

/** Plates of known contents. */
export interface TrainingPlates {
  readonly plates: readonly PlateContents[]
  /** Where any plate of the screen stands in its experiment. */
  readonly placeOf: PlaceOf
  /** A plate on which a class was given more than once, if there is one. */
  readonly repeated: { readonly plate: string; readonly label: number } | null
}

/**
 * Plates whose treatments are known: labelled, and not of the screen's test part. Plates with a unit
 * that is to be called are left out whole, so that no call rests on its own label.
 *
 * @param called Ids of those units.
 */
export function platesOfScreen(screen: Screen, called: ReadonlySet<string>): TrainingPlates {
  const plates: PlateContents[] = []
  let repeated: TrainingPlates['repeated'] = null
  for (const { id, experiment, plate, units } of screen.plates) {
    const classes = new Set<number>()
    if (units.some((unit) => called.has(screen.units[unit]?.id ?? ''))) continue
    for (const unit of units) {
      const { role, label, part } = screen.units[unit] ?? {}
      if (role !== 'treatment' || part !== 'train' || label === undefined || label === null)
        continue
      if (classes.has(label)) repeated ??= { plate: id, label }
      classes.add(label)
    }
    if (classes.size > 0) plates.push({ experiment, plate, classes: [...classes] })
  }
  return { plates, placeOf: placesIn(screen), repeated }
}

function placesIn(screen: Screen): PlaceOf {
  const names = new Map<string, string[]>()
  for (const { experiment, plate } of screen.plates) {
    names.set(experiment, [...(names.get(experiment) ?? []), plate])
  }
  return platePlaces(names)
}
