import { ScreenError } from '../errors.js'
import type { CsvRow, CsvTable } from './csv-table.js'
import type { Plate, Role, Screen, Site, Unit } from './screen.js'

/** One site as a table states it. Several rows of a table may describe one well. */
export interface SiteRow {
  readonly experiment: string
  readonly cellType: string
  readonly plate: string
  readonly well: string
  readonly site: string
  readonly role: Role
  /** Class index, controls after the treatments, or null if not known. */
  readonly label: number | null
  readonly part: 'train' | 'test'
  readonly code: string
  readonly images: readonly string[]
  /** Where it was read, for messages. */
  readonly table: CsvTable
  readonly row: CsvRow
}

/** Everything about a screen that its rows do not say. */
export type ScreenHead = Omit<Screen, 'plates' | 'units' | 'sites'>

interface PlateDraft {
  readonly first: SiteRow
  readonly wells: Map<string, Map<string, SiteRow>>
}

/**
 * Rows of tables, in any order, as a screen: sorted by experiment, plate, well and site (code units).
 *
 * @param from The table, or the first of them, for messages.
 * @throws {ScreenError} when a (plate, well, site) stands twice, when the rows of a well disagree,
 * when a plate holds two cell types, or when there is no row at all.
 */
export function buildScreen(head: ScreenHead, rows: readonly SiteRow[], from: string): Screen {
  if (rows.length === 0) {
    throw new ScreenError(
      `screen: ${from}: got no site at all, expected at least one. Complete the table, or set screen.folder to the folder of another.`,
    )
  }
  const plates: Plate[] = []
  const units: Unit[] = []
  const sites: Site[] = []
  for (const { first, wells } of gatherPlates(rows)) {
    const plateId = `${first.experiment}/${first.plate}`
    const plateUnits: number[] = []
    const addUnit = (id: string, members: readonly SiteRow[], of: SiteRow) => {
      const unit = units.length
      const { well, role, label, part, code } = of
      const indices: number[] = []
      for (const { site, images } of members) {
        indices.push(sites.length)
        sites.push({ id: `${plateId}/${well}/${site}`, site, unit, images })
      }
      plateUnits.push(unit)
      units.push({ id, plate: plates.length, well, role, label, part, code, sites: indices })
    }
    for (const [well, bySite] of sortedEntries(wells)) {
      const members = sortedEntries(bySite).map(([, row]) => row)
      const [one] = members
      if (one === undefined) continue
      if (head.unitKind === 'well') {
        checkWell(members)
        addUnit(`${plateId}/${well}`, members, one)
      } else {
        for (const row of members) addUnit(`${plateId}/${well}/${row.site}`, [row], row)
      }
    }
    const { experiment, cellType, plate } = first
    plates.push({ id: plateId, experiment, cellType, plate, units: plateUnits })
  }
  return { ...head, plates, units, sites }
}

/** Plates in order, each with its rows by well and site. */
function gatherPlates(rows: readonly SiteRow[]): PlateDraft[] {
  const experiments = new Map<string, Map<string, PlateDraft>>()
  for (const row of rows) {
    const plates = entry(experiments, row.experiment, () => new Map<string, PlateDraft>())
    const plate = entry(plates, row.plate, () => ({ first: row, wells: new Map() }))
    if (plate.first.cellType !== row.cellType) {
      throw new ScreenError(
        `plate ${row.experiment}/${row.plate}: got cell type "${row.cellType}" at ${place(row)} and "${plate.first.cellType}" at ${place(plate.first)}, expected one cell type a plate. Mend the table; what is grown apart needs plates (or experiments) of different names.`,
      )
    }
    const wells = entry(plate.wells, row.well, () => new Map<string, SiteRow>())
    const twin = wells.get(row.site)
    if (twin !== undefined) {
      throw new ScreenError(
        `plate ${row.experiment}/${row.plate}: well ${row.well}, site ${row.site} stands twice: at ${place(twin)} and at ${place(row)}; expected each (plate, well, site) once. Remove one of the rows, or tell the sites apart by another column.`,
      )
    }
    wells.set(row.site, row)
  }
  return sortedEntries(experiments).flatMap(([, plates]) =>
    sortedEntries(plates).map(([, plate]) => plate),
  )
}

/** The rows of a well must agree on everything that belongs to the well. */
function checkWell(members: readonly SiteRow[]): void {
  const [one, ...others] = members
  if (one === undefined) return
  for (const other of others) {
    for (const key of ['label', 'role', 'part', 'code'] as const) {
      if (other[key] !== one[key]) {
        throw new ScreenError(
          `plate ${one.experiment}/${one.plate}, well ${one.well}: ${key} is ${String(one[key])} at ${place(one)} but ${String(other[key])} at ${place(other)}; expected one ${key} a well. Mend the table, or set screen.unit to image if each image has a label of its own.`,
        )
      }
    }
  }
}

function place({ table, row }: SiteRow): string {
  return `${table.path}:${row.line}`
}

function entry<V>(map: Map<string, V>, key: string, make: () => V): V {
  let value = map.get(key)
  if (value === undefined) {
    value = make()
    map.set(key, value)
  }
  return value
}

function sortedEntries<V>(map: ReadonlyMap<string, V>): [string, V][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}
