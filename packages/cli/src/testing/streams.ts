import { Writable } from 'node:stream'
import type { Stream } from '../reporter/output.js'

/** A stream that keeps what is written to it. */
export class Kept extends Writable implements Stream {
  text = ''

  constructor(
    readonly isTTY: boolean = false,
    readonly columns: number = 80,
  ) {
    super()
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }

  /** What a terminal would show: each `\r` goes back to the start of the line. */
  get shown(): string {
    const lines = this.text.split('\n').map((line) => line.split('\r').at(-1) ?? '')
    return lines.map((line) => line.replaceAll('\x1b[K', '')).join('\n')
  }
}
