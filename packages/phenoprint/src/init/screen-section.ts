import { relative } from 'node:path'
import type { DescribedScreen, ScreenInput } from './described-screen.js'
import { type Column, roleOf } from './label-columns.js'

/**
 * The `screen` section of a described screen.
 *
 * @param label The column of the label, or null without one.
 * @param table Path of the table: as it stands in the folder, or where it was written.
 */
export function screenSection(
  described: DescribedScreen,
  name: string,
  folder: string,
  label: string | null,
  table: string,
): ScreenInput {
  const { images, channels, columns, values } = described
  const role = values.find((column) => column.name === columns.role)
  const roles = role === undefined ? {} : rolesOf(role)
  return {
    reader: 'table',
    name,
    folder,
    table,
    unit: label !== null && labelsVary(described, label) ? 'image' : 'well',
    images,
    channels,
    columns: label === null ? columns : { ...columns, label },
    ...(Object.keys(roles).length === 0 ? {} : { roles }),
  }
}

/** The path of a file as the configuration names it: from the screen's folder. */
export function fromFolder(folder: string, path: string): string {
  return relative(folder, path).replaceAll('\\', '/')
}

/** Whether two rows of a well have two labels: then each image has a label of its own. */
function labelsVary({ values, columns }: DescribedScreen, label: string): boolean {
  const keys = [columns.experiment, columns.plate, columns.well].flatMap((source) =>
    values.filter(
      ({ name }) => source !== undefined && (source === name || source.includes(`{${name}}`)),
    ),
  )
  const of = values.find(({ name }) => name === label)
  const seen = new Map<string, string>()
  for (const [row, text] of (of?.values ?? []).entries()) {
    const key = JSON.stringify(keys.map((column) => column.values[row]))
    const before = seen.get(key) ?? text
    if (before !== text) return true
    seen.set(key, text)
  }
  return false
}

function rolesOf(
  column: Column,
): Record<string, 'treatment' | 'negativeControl' | 'positiveControl'> {
  const words = [...new Set(column.values)].sort()
  return Object.fromEntries(words.map((word) => [word, roleOf(word) ?? 'treatment']))
}
