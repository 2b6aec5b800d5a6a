import type { Screen } from '../screen/screen.js'
import type { Sides } from './duplicates.js'
import type { Finding } from './finding.js'
import { grouped } from './grouped.js'

/** Two experiments have one layout when this share of the wells that both use has one label. */
const alike = 0.9
/** Fewer wells in common say nothing. */
const fewest = 8

/**
 * Labels that leak between the sides of a split: a well or a plate with units on both sides, and
 * experiments that have one well layout, so that a network may learn the place for the treatment.
 */
export function leaks(screen: Screen, sides: Sides): Finding[] {
  return [...sharedPlates(screen, sides), ...sharedLayouts(screen, sides)]
}

function sharedPlates(screen: Screen, sides: Sides): Finding[] {
  return screen.plates.flatMap((plate): Finding[] => {
    const bySide = new Map<string, Set<string>>()
    for (const index of plate.units) {
      const side = sides.get(index)
      const unit = screen.units[index]
      if (side === undefined || unit === undefined) continue
      bySide.set(side, (bySide.get(side) ?? new Set()).add(unit.well))
    }
    if (bySide.size < 2) return []
    const names = [...bySide.keys()]
    const wells = [...new Set(plate.units.map((unit) => screen.units[unit]?.well ?? ''))]
    const both = wells.filter(
      (well) => [...bySide.values()].filter((side) => side.has(well)).length > 1,
    )
    const what =
      both.length === 0
        ? `the plate is in ${names.join(' and in ')}`
        : `the plate is in ${names.join(' and in ')}, and so are ${both.length} of its wells; first ${both[0]}`
    return [{ check: 'leak', severity: 'error', where: plate.id, what }]
  })
}

/** Label of each treated well of a plate. */
type PlateLayout = ReadonlyMap<string, number>

interface Layout {
  readonly experiment: string
  readonly sides: ReadonlySet<string>
  readonly plates: readonly PlateLayout[]
}

/** One finding for all experiments that have one layout. */
function sharedLayouts(screen: Screen, sides: Sides): Finding[] {
  if (screen.unitKind === 'image') return []
  const groups: Layout[][] = []
  for (const layout of layoutsOf(screen, sides)) {
    const group = groups.find(([first]) => first !== undefined && sameLayout(first, layout))
    if (group === undefined) groups.push([layout])
    else group.push(layout)
  }
  return groups.flatMap((group): Finding[] => {
    if (group.length < 2) return []
    const apart = new Set(group.map((layout) => [...layout.sides].sort().join(' and '))).size > 1
    const where = group.map(({ experiment }) => experiment).join(', ')
    const sides = group.map(
      (layout) => `${layout.experiment} in ${[...layout.sides].join(' and ')}`,
    )
    const what = `one layout of treatments on their plates${apart ? `, on different sides of the split: ${sides.join(', ')}` : ''}`
    return [{ check: 'layout', severity: 'warning', where, what }]
  })
}

function layoutsOf(screen: Screen, sides: Sides): Layout[] {
  const experiments = grouped(screen.plates, (plate) => plate.experiment)
  return [...experiments].map(([experiment, plates]) => {
    const found = new Set<string>()
    const layouts = plates.map((plate) => {
      const labels = new Map<string, number>()
      for (const index of plate.units) {
        const unit = screen.units[index]
        if (unit?.role !== 'treatment' || unit.label === null) continue
        labels.set(unit.well, unit.label)
        const side = sides.get(index)
        if (side !== undefined) found.add(side)
      }
      return labels
    })
    return { experiment, sides: found, plates: layouts }
  })
}

/** Whether each plate of one has its like in the other, whatever their names: plates are renumbered. */
function sameLayout(a: Layout, b: Layout): boolean {
  return a.plates.every((plate) => b.plates.some((other) => commonShare(plate, other) >= alike))
}

/** The share of the treated wells of both that have the same label; 0 where they share too few. */
function commonShare(a: PlateLayout, b: PlateLayout): number {
  let shared = 0
  let same = 0
  for (const [well, label] of a) {
    const other = b.get(well)
    if (other === undefined) continue
    shared++
    if (other === label) same++
  }
  return shared < fewest ? 0 : same / shared
}
