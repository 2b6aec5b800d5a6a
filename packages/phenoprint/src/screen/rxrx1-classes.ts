import { ScreenError } from '../errors.js'
import { readClassNames } from './class-names.js'
import type { CsvRow, CsvTable } from './csv-table.js'
import type { Role } from './screen.js'

/** A label with the row that states it. */
export interface StatedLabel {
  readonly label: number
  readonly role: Role
  readonly part: 'train' | 'test'
  readonly table: CsvTable
  readonly row: CsvRow
}

/** How many classes a screen has. */
export interface ClassCounts {
  readonly classes: number
  readonly controlClasses: number
}

/**
 * How many treatment and control classes the labels speak of. Treatments come first: their count is
 * the greatest label of the training part plus one; controls continue.
 *
 * @throws {ScreenError} when a treatment's label is not below every control's, or a test well has a
 * class that no training well has room for; the rows are named.
 */
export function countClasses(stated: readonly StatedLabel[]): ClassCounts {
  const treatments = stated.filter(({ role }) => role === 'treatment')
  const controls = stated.filter(({ role }) => role !== 'treatment')
  const greatest = extreme(
    treatments.filter(({ part }) => part === 'train'),
    (a, b) => a > b,
  )
  const least = extreme(controls, (a, b) => a < b)
  if (greatest !== null && least !== null && greatest.label >= least.label) {
    throw new ScreenError(
      `label out of range: ${place(greatest)} gives a treatment the label ${greatest.label}, ${place(least)} gives a control the label ${least.label}; expected every treatment's label below every control's. Mend whichever row is wrong.`,
    )
  }
  const classes = greatest === null ? (least?.label ?? 0) : greatest.label + 1
  const beyond = treatments.find(({ label }) => label >= classes)
  if (beyond !== undefined) {
    throw new ScreenError(
      `label out of range: ${place(beyond)} gives a test well the label ${beyond.label}, expected 0 to ${classes - 1}, the labels of the training wells. Mend the row.`,
    )
  }
  const last = extreme(controls, (a, b) => a > b)
  return { classes, controlClasses: last === null ? 0 : last.label + 1 - classes }
}

function extreme(
  stated: readonly StatedLabel[],
  before: (a: number, b: number) => boolean,
): StatedLabel | null {
  let found: StatedLabel | null = null
  for (const one of stated) if (found === null || before(one.label, found.label)) found = one
  return found
}

function place({ table, row }: StatedLabel): string {
  return `${table.path}:${row.line}`
}

/** Names of the treatment classes from `screen.classes`; null without such a file. */
export async function rxrx1ClassNames(
  path: string | null,
  classes: number,
  controlClasses: number,
): Promise<readonly string[] | null> {
  if (path === null) return null
  const labels = Array.from({ length: classes }, (_, label) => String(label))
  const controls = Array.from({ length: controlClasses }, (_, index) => String(classes + index))
  return readClassNames(path, labels, new Set(controls))
}
