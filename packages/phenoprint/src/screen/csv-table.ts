import { readFile } from 'node:fs/promises'
import { CsvError, parse } from 'csv-parse/sync'
import { didYouMean } from '../did-you-mean.js'
import { ScreenError } from '../errors.js'
import { sentence } from '../words.js'

/** One row of a table, with the line of the file it ends on. */
export interface CsvRow {
  readonly fields: readonly string[]
  readonly line: number
}

/** A CSV file with a header. */
export class CsvTable {
  constructor(
    readonly path: string,
    readonly header: readonly string[],
    readonly rows: readonly CsvRow[],
  ) {}

  /** Index of a column, or null when the header lacks it. */
  find(column: string): number | null {
    const index = this.header.indexOf(column)
    return index < 0 ? null : index
  }

  /**
   * Index of a column that the file's format demands.
   *
   * @throws {ScreenError} when the header lacks it.
   */
  column(column: string): number {
    const index = this.find(column)
    if (index !== null) return index
    throw new ScreenError(
      `${this.path}:1: no column "${column}".${didYouMean(column, this.header)} Columns there: ${this.header.join(', ')}. Name the column "${column}" in the header, or check that this is the right file.`,
    )
  }

  /** The field of a row, spaces around it removed. */
  value(row: CsvRow, column: number): string {
    return row.fields[column] ?? ''
  }

  /** A fault of one cell, as an error to throw: file, line, column, got, expected, next step. */
  fault(row: CsvRow, column: string, got: string, expected: string, next: string): ScreenError {
    return new ScreenError(
      `${this.path}:${row.line}: column "${column}": got "${got}", expected ${expected}. ${next}`,
    )
  }
}

/**
 * A whole CSV file: commas, quotes as in RFC 4180, a byte-order mark allowed, blank lines skipped.
 *
 * @param holds What the file should hold, for the message when it is missing.
 * @param expected Rows: with `any` a header alone is a table, too.
 * @throws {ScreenError} when it is missing, empty, or not a table.
 */
export async function readCsvTable(
  path: string,
  holds: string,
  expected: 'some' | 'any' = 'some',
): Promise<CsvTable> {
  const bytes = await readBytes(path, holds)
  const records = parseRecords(path, bytes)
  const [head, ...rows] = records
  if (head === undefined || (rows.length === 0 && expected === 'some')) {
    throw new ScreenError(
      `${path}: got ${head === undefined ? 'an empty file' : 'a header without rows'}, expected ${holds}. Put the complete file there.`,
    )
  }
  const repeated = head.fields.find((name, index) => head.fields.indexOf(name) !== index)
  if (repeated !== undefined) {
    throw new ScreenError(
      `${path}:${head.line}: column "${repeated}" stands twice in the header; expected each name once. Rename one of the two.`,
    )
  }
  for (const row of rows) {
    if (row.fields.length !== head.fields.length) {
      throw new ScreenError(
        `${path}:${row.line}: got ${row.fields.length} fields, expected ${head.fields.length} as in the header (${head.fields.join(', ')}). Mend the row; a field that holds a comma needs quotes.`,
      )
    }
  }
  return new CsvTable(path, head.fields, rows)
}

async function readBytes(path: string, holds: string): Promise<Buffer> {
  try {
    return await readFile(path)
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new ScreenError(
      missing
        ? `${path}: no such file; expected ${holds}. Put it there, or set screen.folder to the folder that holds it.`
        : `${path}: cannot be read (${cause instanceof Error ? cause.message : String(cause)}); expected ${holds}.`,
      { cause },
    )
  }
}

function parseRecords(path: string, bytes: Buffer): CsvRow[] {
  const lines: number[] = []
  try {
    const records = parse(bytes, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (record: string[], context) => {
        lines.push(context.lines)
        return record
      },
    })
    return records.map((fields, index) => ({ fields, line: lines[index] ?? 0 }))
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    throw new ScreenError(
      `${path}: not a CSV file: ${sentence(cause.message)} Expected commas between fields and quotes as in RFC 4180.`,
      { cause },
    )
  }
}
