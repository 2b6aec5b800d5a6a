import { resolve } from 'node:path'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { buildScreen, type SiteRow } from './build-screen.js'
import { readClassNames } from './class-names.js'
import { type CsvRow, type CsvTable, readCsvTable } from './csv-table.js'
import type { Channel, Role, Screen } from './screen.js'
import { constantValue, nameIn, type RowValue, rowValue } from './table-columns.js'
import { imagePaths } from './table-images.js'
import { tableLabels } from './table-labels.js'

export type TableSection = Extract<Section<'screen'>, { reader: 'table' }>

/** Names of what a table does not tell apart. */
const onlyExperiment = 'screen'
const onlyCellType = 'cells'
const onlySite = '1'

/**
 * Any screen: a CSV, which column is what, and a pattern for the paths of its images. A row is a
 * site, or (with `sites`) a well.
 *
 * @throws {ConfigError} when the configuration names a column that is not there.
 * @throws {ScreenError} when the table is faulty.
 */
export async function readTableScreen(section: TableSection): Promise<Screen> {
  const folder = resolve(section.folder)
  const table = await readCsvTable(resolve(folder, section.table), 'one row a site or well')
  const { columns } = section
  const column = (key: keyof typeof columns): RowValue | null => {
    const source = columns[key]
    return source === undefined ? null : rowValue(table, source, `screen.columns.${key}`)
  }
  const experiment = column('experiment') ?? constantValue(onlyExperiment)
  const cellType = column('cellType') ?? constantValue(onlyCellType)
  const plate = rowValue(table, columns.plate, 'screen.columns.plate')
  const well = rowValue(table, columns.well, 'screen.columns.well')
  const siteValues = sitesOf(section, column('site'))
  const part = column('part')
  const roleOf = roles(table, column('role'), section.roles)
  const labels = tableLabels(table, column('label'), roleOf, section.classNames ?? null)
  const pathsOf = imagePaths(
    table,
    section.images,
    section.channels.map(({ file }, index) => file ?? String(index + 1)),
  )

  const rows: SiteRow[] = []
  for (const row of table.rows) {
    const unit = {
      experiment: nameIn(table, row, experiment),
      cellType: nameIn(table, row, cellType),
      plate: nameIn(table, row, plate),
      well: nameIn(table, row, well),
    }
    const role = roleOf(row)
    const label = labels.indexOf(row)
    for (const value of siteValues) {
      const site = nameIn(table, row, value)
      const place = { ...unit, site }
      const id = `${unit.experiment}/${unit.plate}/${unit.well}`
      rows.push({
        ...place,
        role,
        label,
        part: part === null ? 'train' : partOf(table, row, part),
        code: section.unit === 'well' ? id : `${id}/${site}`,
        images: pathsOf(row, place).map((path) => resolve(folder, path)),
        table,
        row,
      })
    }
  }

  const names =
    section.classes === undefined
      ? labels.treatments
      : await readClassNames(
          resolve(folder, section.classes),
          labels.treatments,
          new Set(labels.controls),
        )
  return buildScreen(
    {
      name: section.name,
      unitKind: section.unit,
      channels: section.channels.map(shownChannel),
      classes: labels.treatments.length,
      controlClasses: labels.controls.length,
      classNames: names.length === 0 ? null : names,
      synthetic: false,
    },
    rows,
    table.path,
  )
}

function shownChannel({ name, color, plane }: TableSection['channels'][number]): Channel {
  return {
    name,
    ...(color === undefined ? {} : { color }),
    ...(plane === undefined ? {} : { plane: plane - 1 }),
  }
}

/** One value a site of each row. */
function sitesOf(section: TableSection, column: RowValue | null): RowValue[] {
  if (column === null) return (section.sites ?? [onlySite]).map(constantValue)
  if (section.sites === undefined) return [column]
  throw new ConfigError(
    'screen: got both sites and columns.site, expected one of them: sites where a row is a well, columns.site where a row is a site. Remove the other.',
  )
}

const ownRoles: Readonly<Record<string, Role>> = {
  treatment: 'treatment',
  negativeControl: 'negativeControl',
  positiveControl: 'positiveControl',
  negative_control: 'negativeControl',
  positive_control: 'positiveControl',
}

/** The role of a row; without a role column, every row is a treatment. */
function roles(
  table: CsvTable,
  column: RowValue | null,
  configured: Readonly<Record<string, Role>>,
): (row: CsvRow) => Role {
  if (column === null) return () => 'treatment'
  const known = new Map(Object.entries({ ...ownRoles, ...configured }))
  return (row) => {
    const text = column.of(row)
    const role = known.get(text)
    if (role !== undefined) return role
    throw table.fault(
      row,
      column.source,
      text,
      `one of ${[...known.keys()].map((name) => `"${name}"`).join(', ')}`,
      `Mend the row, or say under screen.roles what it means: roles: {"${text}": treatment}.`,
    )
  }
}

function partOf(table: CsvTable, row: CsvRow, column: RowValue): 'train' | 'test' {
  const text = column.of(row).toLowerCase()
  if (text === 'train' || text === 'test') return text
  throw table.fault(row, column.source, column.of(row), 'train or test', 'Mend the row.')
}
