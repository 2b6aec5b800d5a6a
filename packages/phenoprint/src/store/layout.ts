/** Row and column of a well in the store: names of letters and digits alone, as OME-Zarr asks. */
export interface WellPlace {
  readonly row: string
  readonly column: string
}

/** Rows and columns of a plate, all of them, in order. */
export interface PlateGrid {
  readonly rows: readonly string[]
  readonly columns: readonly string[]
}

/** Rows and columns of the plates that are sold. */
const standardPlates = [
  [2, 3],
  [3, 4],
  [4, 6],
  [6, 8],
  [8, 12],
  [16, 24],
  [32, 48],
] as const

/** The row of wells whose name is not letter and number. */
const otherRow = 'W'

/**
 * The place of each well of a plate. `B02` is row B, column 02; any other name stands in row W under
 * its letters and digits, numbered when two names come to the same.
 *
 * @param wells Names, all different.
 */
export function wellPlaces(wells: readonly string[]): WellPlace[] {
  const taken = new Set<string>()
  return wells.map((well) => {
    const { row, column } = splitName(well) ?? {
      row: otherRow,
      column: well.replace(/[^A-Za-z0-9]/g, '') || '0',
    }
    let free = column
    for (let n = 2; taken.has(`${row}/${free}`.toLowerCase()); n++) free = `${column}x${n}`
    taken.add(`${row}/${free}`.toLowerCase())
    return { row, column: free }
  })
}

/** `B02` as row B and column 02; null for a name that is not letter and number. */
function splitName(well: string): WellPlace | null {
  const match = /^([A-Za-z]{1,2})([0-9]{1,3})$/.exec(well)
  const [, row, column] = match ?? []
  return row === undefined || column === undefined ? null : { row, column }
}

/**
 * All rows and columns of the plate on which the wells lie: the smallest plate that is sold and holds
 * them, as OME-Zarr wants empty ones named too; or only those that occur, where names follow no grid.
 *
 * @param wells Names.
 * @param places Their places, as {@link wellPlaces} gives them.
 */
export function plateGrid(wells: readonly string[], places: readonly WellPlace[]): PlateGrid {
  const named = wells.every((well) => splitName(well) !== null)
  return (named ? standardGrid(places) : null) ?? occurring(places)
}

function standardGrid(places: readonly WellPlace[]): PlateGrid | null {
  const padded = places.every(({ column }) => column.length === 2)
  const name = (column: number) => (padded ? String(column).padStart(2, '0') : String(column))
  let lastRow = 0
  let lastColumn = 0
  for (const { row, column } of places) {
    if (!/^[A-Z]+$/.test(row) || name(Number(column)) !== column) return null
    lastRow = Math.max(lastRow, rowNumber(row))
    lastColumn = Math.max(lastColumn, Number(column))
  }
  const plate = standardPlates.find(([rows, columns]) => lastRow <= rows && lastColumn <= columns)
  if (plate === undefined || places.some(({ column }) => Number(column) < 1)) return null
  const [rows, columns] = plate
  return {
    rows: Array.from({ length: rows }, (_, index) => rowName(index + 1)),
    columns: Array.from({ length: columns }, (_, index) => name(index + 1)),
  }
}

function occurring(places: readonly WellPlace[]): PlateGrid {
  return {
    rows: [...new Set(places.map(({ row }) => row))],
    columns: [...new Set(places.map(({ column }) => column))],
  }
}

/** A is 1, Z is 26, AA is 27. */
function rowNumber(row: string): number {
  let value = 0
  for (const letter of row) value = value * 26 + letter.charCodeAt(0) - 64
  return value
}

function rowName(number: number): string {
  const last = String.fromCharCode(65 + ((number - 1) % 26))
  return number > 26 ? rowName(Math.floor((number - 1) / 26)) + last : last
}

/**
 * File names of plates, `<experiment>__<plate>.ozx`, safe on every file system and all different.
 */
export function plateFiles(
  plates: readonly { readonly experiment: string; readonly plate: string }[],
): string[] {
  const taken = new Set<string>()
  return plates.map(({ experiment, plate }) => {
    const stem = `${safe(experiment)}__${safe(plate)}`
    let free = stem
    for (let n = 2; taken.has(free.toLowerCase()); n++) free = `${stem}~${n}`
    taken.add(free.toLowerCase())
    return `${free}.ozx`
  })
}

function safe(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_')
}
