import { PredictionError } from '../errors.js'
import type { Role, Screen } from '../screen/screen.js'
import type { ColumnKinds, Columns } from './parquet/layout.js'

/** Who a unit is, as it stands in each row of its predictions. */
export interface PredictionRow {
  /** Unit id, unique in the screen. */
  readonly unit: string
  /** The identifier of the screen's own tables. */
  readonly code: string
  readonly experiment: string
  readonly plate: string
  readonly well: string
  readonly cellType: string
  readonly role: Role
  /** Class index, or null where it is not known. */
  readonly label: number | null
}

/** One view of a unit: a tile of a site, turned. */
export interface ViewRow extends PredictionRow {
  readonly site: string
  readonly tile: number
  readonly symmetry: string
}

export const unitColumns = {
  unit: 'string',
  code: 'string',
  experiment: 'string',
  plate: 'string',
  well: 'string',
  cellType: 'string',
  role: 'string',
  label: 'optionalInteger',
} as const satisfies ColumnKinds

export const viewColumns = {
  ...unitColumns,
  site: 'string',
  tile: 'integer',
  symmetry: 'string',
} as const satisfies ColumnKinds

/** The row of a unit of a screen. */
export function predictionRow(screen: Screen, index: number): PredictionRow {
  const unit = screen.units[index]
  const plate = screen.plates[unit?.plate ?? -1]
  if (unit === undefined || plate === undefined) {
    throw new PredictionError(`predictions: the screen has no unit ${index}`)
  }
  const { id, code, well, role, label } = unit
  const { experiment, cellType } = plate
  return { unit: id, code, experiment, plate: plate.plate, well, cellType, role, label }
}

/** Rows as columns. */
export function unitColumnsOf(rows: readonly PredictionRow[]): Columns {
  return {
    unit: rows.map(({ unit }) => unit),
    code: rows.map(({ code }) => code),
    experiment: rows.map(({ experiment }) => experiment),
    plate: rows.map(({ plate }) => plate),
    well: rows.map(({ well }) => well),
    cellType: rows.map(({ cellType }) => cellType),
    role: rows.map(({ role }) => role),
    label: rows.map(({ label }) => label),
  }
}

const roles: readonly string[] = [
  'treatment',
  'negativeControl',
  'positiveControl',
] satisfies Role[]

function isRole(name: string): name is Role {
  return roles.includes(name)
}

/** A row of a table.
 *
 * @throws {PredictionError} when its role or label is none.
 */
export function rowOf(path: string, columns: Columns, row: number): PredictionRow {
  const role = textOf(columns, 'role', row)
  const label = columns.label?.[row] ?? null
  if (!isRole(role) || typeof label === 'string') {
    throw new PredictionError(
      `predictions: row ${row} of ${path} has role "${role}" and label ${label}, expected a role (${roles.join(', ')}) and a class index or nothing.`,
    )
  }
  return {
    unit: textOf(columns, 'unit', row),
    code: textOf(columns, 'code', row),
    experiment: textOf(columns, 'experiment', row),
    plate: textOf(columns, 'plate', row),
    well: textOf(columns, 'well', row),
    cellType: textOf(columns, 'cellType', row),
    role,
    label,
  }
}

/** The same of a view. */
export function viewOf(path: string, columns: Columns, row: number): ViewRow {
  return {
    ...rowOf(path, columns, row),
    site: textOf(columns, 'site', row),
    tile: Number(columns.tile?.[row]),
    symmetry: textOf(columns, 'symmetry', row),
  }
}

function textOf(columns: Columns, name: string, row: number): string {
  return String(columns[name]?.[row] ?? '')
}
