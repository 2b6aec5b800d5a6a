import { didYouMean } from '../did-you-mean.js'
import { ConfigError } from '../errors.js'
import type { CsvRow, CsvTable } from './csv-table.js'
import { fillTemplate, parseTemplate, templateNames } from './template.js'

/** A value of each row, with the name it has in messages. */
export interface RowValue {
  readonly source: string
  of(row: CsvRow): string
}

/**
 * What a configuration names as `column` or `{template}` of columns.
 *
 * @param key The configuration key, for messages.
 * @throws {ConfigError} when the table has no such column.
 */
export function rowValue(table: CsvTable, source: string, key: string): RowValue {
  if (!/[{}]/.test(source)) {
    const column = configuredColumn(table, source, key)
    return { source, of: (row) => table.value(row, column) }
  }
  const template = parseTemplate(source, key)
  const columns = new Map<string, number>()
  for (const name of templateNames(template)) {
    columns.set(name, configuredColumn(table, name, key))
  }
  return {
    source,
    of: (row) => fillTemplate(template, (name) => table.value(row, columns.get(name) ?? -1)),
  }
}

/** The same value for every row. */
export function constantValue(value: string): RowValue {
  return { source: value, of: () => value }
}

/**
 * A value that names something on a plate: not empty, and no `/`, which separates names in ids.
 *
 * @throws {ScreenError} naming the row.
 */
export function nameIn(table: CsvTable, row: CsvRow, value: RowValue): string {
  const text = value.of(row)
  if (text !== '' && !text.includes('/')) return text
  throw table.fault(row, value.source, text, 'a name without "/"', 'Mend the row.')
}

function configuredColumn(table: CsvTable, column: string, key: string): number {
  const index = table.find(column)
  if (index !== null) return index
  throw new ConfigError(
    `${key}: got "${column}", which is not a column of ${table.path}.${didYouMean(column, table.header)} Columns there: ${table.header.join(', ')}. Name one of them, or a pattern of them in braces.`,
  )
}
