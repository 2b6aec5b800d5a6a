import { ScreenError } from '../errors.js'
import { type CsvRow, type CsvTable, readCsvTable } from '../screen/csv-table.js'

/** The competition's CSV: which wells to call, in which order, and how a class is written. */
export interface SubmissionForm {
  readonly path: string
  readonly header: readonly [code: string, label: string]
  readonly codes: readonly string[]
  /** What stands before the number of a class: nothing, or `sirna_`. */
  readonly prefix: string
}

/**
 * Reads the sample that the competition gave: its first two columns are the well and its class.
 *
 * @throws {ScreenError} when it is missing, has other columns, or a well stands twice.
 */
export async function readSubmissionForm(path: string): Promise<SubmissionForm> {
  const table = await readCsvTable(path, 'the sample of a submission (columns id_code, sirna)')
  const codes = [...rowsByCode(table).keys()]
  const [code = '', label = ''] = table.header
  const first = table.rows[0]
  const prefix = first === undefined ? '' : (/^[A-Za-z]+_/.exec(table.value(first, 1))?.[0] ?? '')
  return { path, header: [code, label], codes, prefix }
}

/** The text of a submission, a line a well in the order of the sample. */
export function submissionText(
  { header, codes, prefix }: SubmissionForm,
  calls: ReadonlyMap<string, number | string>,
): string {
  const lines = codes.map((code) => `${code},${prefix}${calls.get(code) ?? ''}`)
  return `${[header.join(','), ...lines].join('\n')}\n`
}

/**
 * Sees that a CSV is a submission: the columns and wells of the sample, no more, no fewer and each
 * once, in any order, and classes of treatments.
 *
 * @param classes How many treatments there are.
 * @returns How many wells it calls.
 * @throws {ScreenError} naming file, line and well of the first fault.
 */
export async function checkSubmission(
  path: string,
  form: SubmissionForm,
  classes: number,
): Promise<number> {
  const table = await readCsvTable(path, `a submission like ${form.path}`)
  if (table.header.join() !== form.header.join()) {
    throw new ScreenError(
      `${path}:1: got the columns ${table.header.join(', ')}, expected ${form.header.join(', ')} as in ${form.path}. Mend the header.`,
    )
  }
  const rows = rowsByCode(table)
  const wanted = new Set(form.codes)
  for (const [code, row] of rows) {
    if (!wanted.has(code)) {
      throw table.fault(row, form.header[0], code, `a well of ${form.path}`, 'Remove the row.')
    }
    const text = table.value(row, 1)
    const digits = text.startsWith(form.prefix) ? text.slice(form.prefix.length) : ''
    if (!/^(0|[1-9]\d*)$/.test(digits) || Number(digits) >= classes) {
      throw table.fault(
        row,
        form.header[1],
        text,
        `${form.prefix === '' ? '' : `${form.prefix} and `}a class from 0 to ${classes - 1} for well ${code}`,
        'Call every well a treatment.',
      )
    }
  }
  const missing = form.codes.filter((code) => !rows.has(code))
  if (missing.length > 0) {
    const line = 2 + form.codes.indexOf(missing[0] ?? '')
    throw new ScreenError(
      `${path}: got ${rows.size} wells, expected the ${form.codes.length} of ${form.path}: ${missing[0]} (its line ${line}) is missing${missing.length > 1 ? `, and ${missing.length - 1} more` : ''}. Call every well.`,
    )
  }
  return rows.size
}

/** Rows by their first column. @throws {ScreenError} for another number of columns, and a well twice. */
function rowsByCode(table: CsvTable): Map<string, CsvRow> {
  if (table.header.length !== 2) {
    throw new ScreenError(
      `${table.path}:1: got ${table.header.length} columns (${table.header.join(', ')}), expected two: the well and its class.`,
    )
  }
  const rows = new Map<string, CsvRow>()
  for (const row of table.rows) {
    const code = table.value(row, 0)
    const before = rows.get(code)
    if (before !== undefined) {
      throw table.fault(
        row,
        table.header[0] ?? '',
        code,
        `each well once (it stands in line ${before.line} too)`,
        'Remove one of the rows.',
      )
    }
    rows.set(code, row)
  }
  return rows
}
