import type { Screen } from '../screen/screen.js'

/** The cell type of each unit. */
export function cellTypesOf(screen: Screen, units: readonly number[]): string[] {
  return units.map((index) => {
    const unit = screen.units[index]
    return unit === undefined ? '' : (screen.plates[unit.plate]?.cellType ?? '')
  })
}

/** Those of the units that are of a cell type. */
export function unitsOf(screen: Screen, units: readonly number[], cellType: string): number[] {
  const of = cellTypesOf(screen, units)
  return units.filter((_, i) => of[i] === cellType)
}
