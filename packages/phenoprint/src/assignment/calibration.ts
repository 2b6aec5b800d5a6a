import type { Row } from '../evaluation/softmax.js'
import { fitTemperature, type Temperature } from './temperature.js'
import { type KnownWells, knownWells } from './unknown.js'

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

/** The same with every value changed. */
export function eachValue<T, U>(
  { overall, byCellType }: ByCellType<T>,
  change: (value: T) => U,
): ByCellType<U> {
  const entries = Object.entries(byCellType).map(([name, value]) => [name, change(value)] as const)
  return { overall: change(overall), byCellType: Object.fromEntries(entries) }
}

/** A temperature for each cell type, on labelled units. */
export function fitTemperatures(units: readonly LabelledUnit[]): ByCellType<Temperature> {
  return eachCellType(units, fitTemperature)
}

/** What known wells score, and the bound below which a well is unusual, for each cell type. */
export function boundsOf(
  units: readonly { readonly cellType: string; readonly scores: readonly number[] }[],
  share: number,
): ByCellType<KnownWells> {
  return eachCellType(units, (of) =>
    knownWells(
      of.map(({ scores }) => scores),
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
