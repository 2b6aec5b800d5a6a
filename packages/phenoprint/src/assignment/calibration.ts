import type { Row } from '../evaluation/softmax.js'
import { fitTemperature, type Temperature } from './temperature.js'
import { quantile } from './unknown.js'

/** A labelled unit: what a temperature is fitted on. */
export interface LabelledUnit {
  readonly cellType: string
  readonly logits: Row
  readonly label: number
}

/** A cell type with fewer units than this has the value of all of them. */
export const leastUnits = 30

/** One value for each cell type that has units enough, and one of all units for the others. */
export interface ByCellType<T> {
  readonly overall: T
  readonly byCellType: Readonly<Record<string, T>>
}

/** The value of a cell type, or that of all. */
export function valueFor<T>({ overall, byCellType }: ByCellType<T>, cellType: string): T {
  return byCellType[cellType] ?? overall
}

/** A temperature for each cell type, on labelled units. */
export function fitTemperatures(units: readonly LabelledUnit[]): ByCellType<Temperature> {
  return eachCellType(units, fitTemperature)
}

/**
 * The bound below which a score is unusual, for each cell type.
 *
 * @returns null without units.
 */
export function boundsOf(
  units: readonly { readonly cellType: string; readonly score: number }[],
  share: number,
): ByCellType<number> | null {
  if (units.length === 0) return null
  return eachCellType(units, (of) =>
    quantile(
      of.map(({ score }) => score),
      share,
    ),
  )
}

function eachCellType<Unit extends { readonly cellType: string }, T>(
  units: readonly Unit[],
  valueOfUnits: (units: readonly Unit[]) => T,
): ByCellType<T> {
  const names = [...new Set(units.map(({ cellType }) => cellType))].sort()
  const enough = names
    .map((name) => [name, units.filter(({ cellType }) => cellType === name)] as const)
    .filter(([, members]) => members.length >= leastUnits)
  return {
    overall: valueOfUnits(units),
    byCellType: Object.fromEntries(enough.map(([name, members]) => [name, valueOfUnits(members)])),
  }
}
