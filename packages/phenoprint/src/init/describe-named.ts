import { basename, relative } from 'node:path'
import type { CsvTable } from '../screen/csv-table.js'
import { withColor } from './describe-sites.js'
import type { DescribedScreen, MadeTable, TableInput } from './described-screen.js'
import { wellColumnsOf } from './join-tables.js'
import { type Column, columnNamed, roleColumn } from './label-columns.js'
import type { ImageColumn, NamedImages } from './named-images.js'

const siteColumns = /^(?:metadata_)?(?:site|field|fov|position|site_id|field_?(?:id|index))$/i
/** Stands for a missing image: no file is called so. */
const noImage = 'missing'
/** A row may be told from others by so many columns. */
const mostSiteColumns = 4

/**
 * A screen from tables that name their images. One table whose columns are enough is used as it is;
 * otherwise one is made of them all, with what they lack: plates, wells, sites, paths from the folder.
 */
export function describeNamed(found: NamedImages, folder: string): DescribedScreen {
  const [table] = found.tables
  const naming = /^(?:Image_)?(?:FileName|URL)_/.test(found.images[0]?.column ?? '')
    ? "CellProfiler's LoadData table"
    : `as ${table === undefined ? 'a table' : basename(table.path)} says`
  if (table !== undefined && found.tables.length === 1) {
    const asItIs = describeAsItIs(table, found, folder)
    if (asItIs !== null) return { naming, ...asItIs }
  }
  return { naming, ...describeMade(found) }
}

function describeAsItIs(
  table: CsvTable,
  { images, rows }: NamedImages,
  folder: string,
): Omit<DescribedScreen, 'naming'> | null {
  const values = valuesOf(table.header, rows)
  const columns = placeColumns(table, values)
  const prefixes = new Set(images.map((image) => prefixOf(table, image, rows)))
  const [prefix] = prefixes
  if (columns === null || prefixes.size !== 1 || prefix === null || prefix === undefined)
    return null
  const [only] = images
  const one = images.length === 1 && only !== undefined
  return {
    table: relative(folder, table.path),
    values,
    images: `${prefix}{${one ? only.column : 'channel'}}`,
    channels: one
      ? [{ name: 'channel 1' }]
      : images.map(({ channel, column }) => withColor(channel, `{${column}}`)),
    oneFile: one,
    example: exampleOf(images),
    columns,
    notes: [],
  }
}

/** What stands before a column's fields in the paths of its images; null where that differs. */
function prefixOf(
  table: CsvTable,
  { column, paths }: ImageColumn,
  rows: NamedImages['rows'],
): string | null {
  const at = table.find(column) ?? -1
  let prefix: string | null = null
  for (const [index, { row }] of rows.entries()) {
    const path = paths[index]
    const field = table.value(row, at)
    if (path === null || path === undefined) continue
    if (!path.endsWith(field)) return null
    const before = path.slice(0, path.length - field.length)
    if (prefix !== null && prefix !== before) return null
    prefix = before
  }
  return prefix !== null && /[{}]/.test(prefix) ? null : prefix
}

function describeMade({ tables, rows, images }: NamedImages): Omit<DescribedScreen, 'naming'> {
  const header = tables[0]?.header ?? []
  const [table] = tables
  const own = table === undefined ? null : placeColumns(table, valuesOf(header, rows))
  const places = own === null ? ['plate', 'well', 'site'] : []
  const files = images.map(({ channel }) => `image_${channel}`)
  const kept = header.filter((name) => !places.includes(name) && !files.includes(name))
  const of = table === undefined ? null : wellColumnsOf(table)
  const made = rows.map(({ table: from, row }, index) => {
    const value = (at: number | null | undefined, otherwise: string) =>
      at === null || at === undefined ? otherwise : from.value(row, at) || otherwise
    const place = [value(of?.plate, '1'), value(of?.well, 'images'), String(index + 1)]
    return [
      ...(own === null ? place : []),
      ...images.map(({ paths }) => paths[index] ?? noImage),
      ...kept.map((name) => value(from.find(name), '')),
    ]
  })
  const madeTable: MadeTable = { header: [...places, ...files, ...kept], rows: made }
  const values = madeTable.header.map(
    (name, at): Column => ({
      name,
      values: made.map((row) => row[at] ?? ''),
    }),
  )
  const one = images.length === 1
  return {
    table: madeTable,
    values,
    images: one ? `{${files[0]}}` : '{channel}',
    channels: one
      ? [{ name: 'channel 1' }]
      : images.map(({ channel }) => withColor(channel, `{image_${channel}}`)),
    oneFile: one,
    example: exampleOf(images),
    columns: own ?? { plate: 'plate', well: 'well', site: 'site' },
    notes:
      own === null ? ['the table names no plate and well, or rows are not told apart by it'] : [],
  }
}

function exampleOf(images: readonly ImageColumn[]): string {
  return images.flatMap(({ paths }) => paths).find((path) => path !== null) ?? ''
}

function valuesOf(header: readonly string[], rows: NamedImages['rows']): Column[] {
  return header.map((name) => ({
    name,
    values: rows.map(({ table, row }) => table.value(row, table.find(name) ?? -1)),
  }))
}

/** Columns that place each row, and tell it from every other; null where none do. */
function placeColumns(table: CsvTable, values: readonly Column[]): TableInput['columns'] | null {
  const of = wellColumnsOf(table)
  if (of === null || of.plate === null) return null
  const name = (at: number | null) => table.header[at ?? -1] ?? ''
  const plate = name(of.plate)
  const well = of.well !== null ? name(of.well) : `{${name(of.row)}}{${name(of.column)}}`
  const used = [of.plate, of.well, of.row, of.column].filter((at) => at !== null).map(name)
  const named = values.every(
    (column) =>
      !used.includes(column.name) || column.values.every((v) => v !== '' && !v.includes('/')),
  )
  const experiment = columnNamed(values, /^(?:metadata_)?(?:experiment|batch)$/i)
  const site = siteOf(values, experiment === null ? used : [...used, experiment])
  if (!named || site === undefined) return null
  const cellType = columnNamed(values, /^(?:metadata_)?cell_?(?:type|line)$/i)
  const role = roleColumn(values)
  return {
    ...(experiment === null ? {} : { experiment }),
    ...(cellType === null ? {} : { cellType }),
    plate,
    well,
    ...(site === null ? {} : { site }),
    ...(role === null ? {} : { role }),
  }
}

/**
 * The column or columns that tell the rows of a well apart: one called site or field, else the fewest
 * that are found by adding the column that tells most of them apart. Null where a well has one row,
 * undefined where no columns do.
 */
function siteOf(values: readonly Column[], used: readonly string[]): string | null | undefined {
  const rows = values[0]?.values.length ?? 0
  const keys = (columns: readonly Column[]) =>
    new Set(Array.from({ length: rows }, (_, row) => columns.map((c) => c.values[row]).join('\n')))
      .size
  const chosen = values.filter(({ name }) => used.includes(name))
  if (keys(chosen) === rows) return null
  const plain = values.filter(
    ({ name, values: all }) =>
      !used.includes(name) && all.every((value) => value !== '' && !value.includes('/')),
  )
  const added: Column[] = plain.filter(({ name }) => siteColumns.test(name)).slice(0, 1)
  while (keys([...chosen, ...added]) < rows && added.length < mostSiteColumns) {
    const best = plain
      .filter((column) => !added.includes(column))
      .map((column) => ({ column, told: keys([...chosen, ...added, column]) }))
      .sort((a, b) => b.told - a.told)[0]
    if (best === undefined) return undefined
    added.push(best.column)
  }
  if (keys([...chosen, ...added]) < rows) return undefined
  const [one] = added
  return added.length === 1 && one !== undefined
    ? one.name
    : added.map(({ name }) => `{${name}}`).join('-')
}
