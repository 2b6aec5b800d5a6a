import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { diskFault } from '../run/disk-fault.js'
import { commitFile, temporaryName, writeAll } from '../run/files.js'

/** A CSV file (RFC 4180) while it is written; it appears whole at `finish`. */
export class CsvFile implements Disposable {
  private readonly part: string
  private readonly file: number
  private closed = false

  /** @throws {MachineError} when the file cannot be written. */
  constructor(
    private readonly path: string,
    columns: readonly string[],
  ) {
    this.part = temporaryName(path)
    try {
      mkdirSync(dirname(path), { recursive: true })
      this.file = openSync(this.part, 'w')
    } catch (cause) {
      throw diskFault(cause, path)
    }
    this.add([columns])
  }

  /** @throws {MachineError} when the disk is full. */
  add(lines: readonly (readonly string[])[]): void {
    const text = lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join('')
    const bytes = Buffer.from(text)
    try {
      writeAll(this.file, bytes)
    } catch (cause) {
      throw diskFault(cause, this.path, bytes.byteLength)
    }
  }

  finish(): void {
    closeSync(this.file)
    this.closed = true
    commitFile(this.part, this.path)
  }

  /** Without `finish` before it, no file is left. */
  [Symbol.dispose](): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.file)
    rmSync(this.part, { force: true })
  }
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
