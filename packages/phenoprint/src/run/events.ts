import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync } from 'node:fs'
import { diskFault } from './disk-fault.js'
import { writeAll } from './files.js'
import type { RunEvent } from './reporter.js'

/**
 * `events.jsonl`: one JSON object a line, appended as things happen. A line that was torn by a kill
 * is removed when the file is opened again.
 */
export class EventLog {
  readonly #path: string
  readonly #file: number

  /** @throws {MachineError} when the file cannot be written. */
  constructor(path: string) {
    this.#path = path
    try {
      this.#file = openSync(path, 'a')
    } catch (cause) {
      throw diskFault(cause, path)
    }
    const end = readFileSync(path).lastIndexOf(0x0a) + 1
    if (this.length > end) this.rewind(end)
  }

  /** Bytes written so far. */
  get length(): number {
    return fstatSync(this.#file).size
  }

  /**
   * Appends an event with the time.
   *
   * @throws {MachineError} when the disk is full; the line is then not there in part.
   */
  append(event: RunEvent): void {
    const line = Buffer.from(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`)
    const before = this.length
    try {
      writeAll(this.#file, line)
    } catch (cause) {
      if (this.length > before) this.rewind(before)
      throw diskFault(cause, this.#path, line.byteLength)
    }
  }

  /** Forgets what was appended after the log had this length. */
  rewind(length: number): void {
    ftruncateSync(this.#file, Math.min(length, this.length))
  }

  close(): void {
    closeSync(this.#file)
  }
}
