import type { Section } from '../config/config.js'
import type { CsvRow, CsvTable } from './csv-table.js'
import type { Channel, Role } from './screen.js'

export type Rxrx1Section = Extract<Section<'screen'>, { reader: 'rxrx1' }>

/** Stains of RxRx1 in channel order, with the colours of Recursion's own rendering. */
export const rxrx1Channels: readonly Channel[] = [
  { name: 'nuclei', color: '1300F9' },
  { name: 'endoplasmic reticulum', color: '2AFF1F' },
  { name: 'actin', color: 'FF0019' },
  { name: 'nucleoli', color: '2DFFFC' },
  { name: 'mitochondria', color: 'FA00FD' },
  { name: 'Golgi', color: 'FEFF28' },
]

/** Values that Recursion's rendering shows at full colour, in channel order. */
export const rxrx1Brightest: readonly number[] = [51, 107, 64, 191, 89, 191]

/** Values of `well_type`. */
export const rxrx1Roles: ReadonlyMap<string, Role> = new Map([
  ['treatment', 'treatment'],
  ['negative_control', 'negativeControl'],
  ['positive_control', 'positiveControl'],
])

/** No screen has more classes: a larger label is a slip, and would cost its number of logits. */
const greatestLabel = 65_535

/** Columns that place a row in the screen. */
export interface PlaceColumns {
  readonly experiment: number
  readonly plate: number
  readonly well: number
  readonly code: number
}

/** Where a row of RxRx1 stands. */
export interface Rxrx1Place {
  readonly experiment: string
  readonly cellType: string
  readonly plate: string
  readonly well: string
  readonly code: string
}

const experimentName = /^([A-Za-z0-9]+)-\d+$/
const plateNumber = /^[1-9]\d*$/
const wellName = /^[A-P](?:0[1-9]|1\d|2[0-4])$/

/**
 * Experiment, cell type, plate and well of a row; the code must say the same.
 *
 * @throws {ScreenError} when one of them is not as RxRx1 writes it.
 */
export function rxrx1Place(table: CsvTable, row: CsvRow, columns: PlaceColumns): Rxrx1Place {
  const name = (column: number) => table.header[column] ?? ''
  const experiment = table.value(row, columns.experiment)
  const plate = table.value(row, columns.plate)
  const well = table.value(row, columns.well)
  const code = table.value(row, columns.code)
  const cellType = experimentName.exec(experiment)?.[1]
  if (cellType === undefined) {
    throw table.fault(
      row,
      name(columns.experiment),
      experiment,
      'the cell type, a hyphen and a number, such as HUVEC-05',
      'Mend the row; other naming schemes are read with reader: table.',
    )
  }
  if (!plateNumber.test(plate)) {
    throw table.fault(row, name(columns.plate), plate, 'a number from 1', 'Mend the row.')
  }
  if (!wellName.test(well)) {
    throw table.fault(
      row,
      name(columns.well),
      well,
      'a well of a 384-well plate, A01 to P24, the column in two digits',
      'Mend the row; other naming schemes are read with reader: table.',
    )
  }
  if (code !== `${experiment}_${plate}_${well}`) {
    throw table.fault(
      row,
      name(columns.code),
      code,
      `"${experiment}_${plate}_${well}", as the columns experiment, plate and well say`,
      'Mend whichever of them is wrong.',
    )
  }
  return { experiment, cellType, plate, well, code }
}

const labelText = /^(?:sirna_)?(\d+)$/

/**
 * The class of a cell: an integer, or `sirna_` and an integer.
 *
 * @throws {ScreenError} when it is neither, or beyond any screen.
 */
export function rxrx1Label(table: CsvTable, row: CsvRow, column: number): number {
  const text = table.value(row, column)
  const digits = labelText.exec(text)?.[1]
  const label = Number(digits)
  if (digits === undefined || label > greatestLabel) {
    throw table.fault(
      row,
      table.header[column] ?? '',
      text,
      `an integer from 0 to ${greatestLabel}, or sirna_ and an integer`,
      'Mend the row.',
    )
  }
  return label
}

/** How an image name ends after the site, one a channel: `_w1.png`. */
const endings = rxrx1Channels.map((_, index) => `_w${index + 1}.png`)

/** Image paths of a site, one a channel; `folder` holds the folders of experiments. */
export function rxrx1Images(folder: string, place: Rxrx1Place, site: string): string[] {
  const stem = `${folder}/${place.experiment}/Plate${place.plate}/${place.well}_s${site}`
  return endings.map((ending) => stem + ending)
}

/** Reads `well_type` of a row. @throws {ScreenError} for any other word. */
export function rxrx1Role(table: CsvTable, row: CsvRow, column: number): Role {
  const text = table.value(row, column)
  const role = rxrx1Roles.get(text)
  if (role !== undefined) return role
  throw table.fault(
    row,
    table.header[column] ?? '',
    text,
    `one of ${[...rxrx1Roles.keys()].join(', ')}`,
    'Mend the row.',
  )
}
