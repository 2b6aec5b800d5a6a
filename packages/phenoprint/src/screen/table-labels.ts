import { didYouMean } from '../did-you-mean.js'
import type { CsvRow, CsvTable } from './csv-table.js'
import type { Role } from './screen.js'
import type { RowValue } from './table-columns.js'

/** The classes of a table, and the class of each row. */
export interface TableLabels {
  /** Labels of the treatment classes, `[classes]`. */
  readonly treatments: readonly string[]
  /** Labels of the control classes; their indices continue after the treatments. */
  readonly controls: readonly string[]
  indexOf(row: CsvRow): number | null
}

/**
 * Classes of a table: the distinct labels, sorted (as numbers where all are whole numbers, else by
 * code unit), or those the configuration lists. A row with an empty label has no class.
 *
 * @throws {ScreenError} when a treatment's label is not among the configured classes.
 */
export function tableLabels(
  table: CsvTable,
  label: RowValue | null,
  roleOf: (row: CsvRow) => Role,
  configured: readonly string[] | null,
): TableLabels {
  if (label === null) return { treatments: configured ?? [], controls: [], indexOf: () => null }
  const found = { treatment: new Set<string>(), control: new Set<string>() }
  for (const row of table.rows) {
    const text = label.of(row)
    if (text !== '') found[roleOf(row) === 'treatment' ? 'treatment' : 'control'].add(text)
  }
  const treatments = configured ?? sortLabels(found.treatment)
  const controls = sortLabels(found.control)
  const treatmentIndex = new Map(treatments.map((text, index) => [text, index]))
  const controlIndex = new Map(controls.map((text, index) => [text, treatments.length + index]))
  const indexOf = (row: CsvRow): number | null => {
    const text = label.of(row)
    if (text === '') return null
    const index = (roleOf(row) === 'treatment' ? treatmentIndex : controlIndex).get(text)
    if (index !== undefined) return index
    throw table.fault(
      row,
      label.source,
      text,
      `one of the ${treatments.length} classes of screen.classNames`,
      `Mend the row or add the class.${didYouMean(text, treatments)}`,
    )
  }
  return { treatments, controls, indexOf }
}

function sortLabels(labels: ReadonlySet<string>): string[] {
  const sorted = [...labels].sort()
  const whole = sorted.every((label) => /^\d+$/.test(label))
  return whole ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted
}
