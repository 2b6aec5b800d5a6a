import { randomBytes } from 'node:crypto'
// The default export: what wraps the file system, to imitate a full disk, is seen here too.
import fs from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { brokenFile, unreadableFile } from './fault.js'

/** One call to the system reads or writes less than 2 GiB. */
const atOnce = 1 << 30

/** A file that is read by places. */
export class InputFile {
  readonly size: number
  readonly #handle: number

  /** @throws {TorchError} of kind `checkpoint` when there is no such file, or it cannot be read. */
  constructor(readonly path: string) {
    try {
      this.#handle = fs.openSync(path, 'r')
    } catch (cause) {
      throw unreadableFile(path, words(cause), cause)
    }
    const facts = fs.fstatSync(this.#handle)
    if (!facts.isFile()) {
      fs.closeSync(this.#handle)
      throw brokenFile(path, 'the path', facts.isDirectory() ? 'a folder' : 'no file', 'a file')
    }
    this.size = facts.size
  }

  /** Fills `into` with the bytes from a place on. */
  readInto(into: Uint8Array, position: number): void {
    for (let done = 0; done < into.length; ) {
      const count = this.#read(into, done, position + done)
      if (count === 0) {
        throw brokenFile(
          this.path,
          'the end of the file',
          `${position + done} bytes`,
          `${position + into.length}: it is cut off`,
        )
      }
      done += count
    }
  }

  /** A copy of the bytes from a place on. */
  read(position: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    this.readInto(bytes, position)
    return bytes
  }

  [Symbol.dispose](): void {
    fs.closeSync(this.#handle)
  }

  #read(into: Uint8Array, done: number, position: number): number {
    try {
      return fs.readSync(this.#handle, into, done, Math.min(into.length - done, atOnce), position)
    } catch (cause) {
      throw brokenFile(this.path, `byte ${position}`, words(cause), 'to read it', cause)
    }
  }
}

/**
 * Writes a file whole or not at all: under a temporary name beside it, flushed to the disk, renamed.
 * After a kill or a power cut there is the old file or the new one.
 *
 * @param write Calls what it is given with the bytes, part by part.
 * @throws The system's own error, such as one with the code ENOSPC; nothing is left behind then.
 */
export function writeWhole(
  path: string,
  write: (append: (bytes: Uint8Array) => void) => void,
): void {
  const folder = dirname(path)
  const part = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.part`)
  try {
    const file = fs.openSync(part, 'wx')
    try {
      write((bytes) => append(file, bytes))
      fs.fsyncSync(file)
    } finally {
      fs.closeSync(file)
    }
    fs.renameSync(part, path)
  } catch (error) {
    fs.rmSync(part, { force: true })
    throw error
  }
  flush(folder)
}

function append(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    done += fs.writeSync(file, bytes, done, Math.min(bytes.length - done, atOnce))
  }
}

/** Makes a rename last through a power cut. */
function flush(folder: string): void {
  const handle = fs.openSync(folder, 'r')
  try {
    fs.fsyncSync(handle)
  } finally {
    fs.closeSync(handle)
  }
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
