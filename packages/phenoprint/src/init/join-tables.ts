import type { CsvTable } from '../screen/csv-table.js'
import type { FoundSite } from './gather-sites.js'
import { sameWell, wellName } from './place-pattern.js'

/** What tables say of the wells of a screen. */
export interface WellNotes {
  /** Columns, in the tables' order, without those that name plate and well. */
  readonly columns: readonly string[]
  /** Values of the columns for a site; null where no row is of its well. */
  of(site: FoundSite): readonly string[] | null
  /** The tables that were used. */
  readonly tables: readonly CsvTable[]
}

const plateColumns =
  /^(?:metadata_)?(?:assay_)?(?:plate|barcode|plate_?(?:id|name|barcode|number)|platename|plate_map_name)$/i
const wellColumns =
  /^(?:metadata_)?(?:well|well_?(?:id|name|position|pos)|wellname|destination_well)$/i
const rowColumns = /^(?:metadata_)?(?:row|well_?row)$/i
const columnColumns = /^(?:metadata_)?(?:col|column|well_?col(?:umn)?)$/i

/** Columns of a table that name the well. */
export interface WellColumns {
  readonly plate: number | null
  readonly well: number | null
  readonly row: number | null
  readonly column: number | null
}

/** Which columns of a table name plate and well; null where no column does. */
export function wellColumnsOf({ header }: CsvTable): WellColumns | null {
  const find = (pattern: RegExp) => {
    const index = header.findIndex((name) => pattern.test(name))
    return index < 0 ? null : index
  }
  const found = {
    plate: find(plateColumns),
    well: find(wellColumns),
    row: find(rowColumns),
    column: find(columnColumns),
  }
  return found.well !== null || (found.row !== null && found.column !== null) ? found : null
}

/**
 * Tables with a row for each well, joined to the sites of a screen: by plate and well where they name
 * plates, by well alone where they do not (then for the plate whose name the file bears, or for all).
 *
 * Of tables with different columns those are used that say something of most wells.
 */
export function joinTables(
  tables: readonly CsvTable[],
  sites: readonly FoundSite[],
): WellNotes | null {
  const kinds = new Map<string, CsvTable[]>()
  for (const table of tables) {
    if (wellColumnsOf(table) === null) continue
    const key = JSON.stringify(table.header)
    kinds.set(key, [...(kinds.get(key) ?? []), table])
  }
  const joined = [...kinds.values()].map((kind) => joinKind(kind, sites))
  const matched = (notes: WellNotes) => sites.filter((site) => notes.of(site) !== null).length
  const [best] = joined.sort((a, b) => matched(b) - matched(a))
  return best === undefined || matched(best) === 0 ? null : best
}

function joinKind(tables: readonly CsvTable[], sites: readonly FoundSite[]): WellNotes {
  const plates = new Set(sites.map(({ plate }) => plate))
  const rows = new Map<string, readonly string[]>()
  const [first] = tables
  const of = first === undefined ? null : wellColumnsOf(first)
  const used = of === null ? [] : [of.plate, of.well, of.row, of.column].filter((at) => at !== null)
  const header = first?.header ?? []
  const stated = of?.plate ?? null
  // One plate here and one there: they may be called as they like.
  const onePlate =
    plates.size === 1 &&
    stated !== null &&
    new Set(tables.flatMap((table) => table.rows.map((row) => table.value(row, stated)))).size === 1
  const keep = header.flatMap((_, index) => (used.includes(index) ? [] : [index]))
  for (const table of tables) {
    const byFile = [...plates]
      .filter((plate) => nameOf(table.path).includes(plate))
      .sort(longest)[0]
    for (const row of table.rows) {
      const well = of === null ? null : wellOf(table, row, of)
      if (well === null) continue
      const named = stated === null ? byFile : table.value(row, stated)
      const plate = onePlate ? '' : (named ?? '')
      rows.set(
        `${plate}/${well}`,
        keep.map((index) => table.value(row, index)),
      )
    }
  }
  return {
    columns: keep.map((index) => header[index] ?? ''),
    tables,
    of: ({ experiment, plate, well }) => {
      const name = sameWell(well) ?? well
      return (
        rows.get(`${plate}/${name}`) ??
        rows.get(`${experiment}_${plate}/${name}`) ??
        // Harmony adds the time of the measurement behind the plate's name.
        rows.get(`${plate.split('__')[0]}/${name}`) ??
        rows.get(`/${name}`) ??
        null
      )
    },
  }
}

/** The well of a row in the form that {@link sameWell} gives. */
export function wellOf(
  table: CsvTable,
  row: CsvTable['rows'][number],
  { well, row: rowAt, column }: WellColumns,
): string | null {
  if (well !== null) {
    const name = table.value(row, well)
    return name === '' ? null : (sameWell(name) ?? name)
  }
  if (rowAt === null || column === null) return null
  const letter = table.value(row, rowAt)
  const number = Number(table.value(row, column))
  const text = /^\d+$/.test(letter) ? wellName(Number(letter), number) : `${letter}${number}`
  return sameWell(text)
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function longest(a: string, b: string): number {
  return b.length - a.length
}
