import { didYouMean } from '../did-you-mean.js'
import { readCsvTable } from './csv-table.js'

/**
 * Names of classes for people, from a CSV with the columns `class` and `name`.
 *
 * @param labels What each class is called in the screen's own table, in label order.
 * @param others Labels that may stand in the file but are not named here (controls).
 * @returns One name a label; a label the file does not mention keeps its own.
 * @throws {ScreenError} for a class that is not in the screen, one named twice, or a faulty file.
 */
export async function readClassNames(
  path: string,
  labels: readonly string[],
  others: ReadonlySet<string>,
): Promise<string[]> {
  const table = await readCsvTable(path, 'names of classes (columns class, name)')
  const classColumn = table.column('class')
  const nameColumn = table.column('name')
  const index = new Map(labels.map((label, position) => [label, position]))
  const names = [...labels]
  const named = new Set<string>()
  for (const row of table.rows) {
    const label = table.value(row, classColumn)
    const position = index.get(label)
    if (named.has(label)) {
      throw table.fault(row, 'class', label, 'each class once', 'Remove one of the rows.')
    }
    named.add(label)
    if (position !== undefined) names[position] = table.value(row, nameColumn) || label
    else if (!others.has(label)) {
      throw table.fault(
        row,
        'class',
        label,
        `a class of the screen (${labels.length} there)`,
        `Remove the row or mend it.${didYouMean(label, labels)}`,
      )
    }
  }
  return names
}
