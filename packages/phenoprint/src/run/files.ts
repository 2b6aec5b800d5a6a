import { randomBytes } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { diskFault } from './disk-fault.js'

/** Names of files that are being written, here and by the engine: `.<name>.<12 hexadecimal digits>.part`. */
const temporary = /^\.(.+)\.[0-9a-f]{12}\.part$/

/** A name beside `path` to write to, before {@link commitFile} puts it in place. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.part`)
}

/**
 * Puts a file that was written under a temporary name in its place, flushed to the disk: after a
 * kill or a power cut there is the old file or the new one, never half of one.
 *
 * @throws {MachineError} when the disk is full or cannot be written.
 */
export function commitFile(temporaryPath: string, path: string): void {
  try {
    flush(temporaryPath)
    renameSync(temporaryPath, path)
    flush(dirname(path))
  } catch (cause) {
    rmSync(temporaryPath, { force: true })
    throw diskFault(cause, path)
  }
}

/**
 * Writes a file whole or not at all, and makes the folder it lies in.
 *
 * @throws {MachineError} when the disk is full or cannot be written; it names the path and bytes.
 */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const part = temporaryName(path)
  try {
    mkdirSync(dirname(path), { recursive: true })
    const file = openSync(part, 'wx')
    try {
      writeAll(file, bytes)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(part, path)
    flush(dirname(path))
  } catch (cause) {
    rmSync(part, { force: true })
    throw diskFault(cause, path, bytes.byteLength)
  }
}

/**
 * Writes a value as indented JSON, whole or not at all.
 *
 * @throws {MachineError} as {@link writeFileAtomic}.
 */
export function writeJson(path: string, value: unknown): void {
  writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/**
 * Removes what a killed process was writing, in a folder and those below it. Call it only while
 * holding the folder's lock: the files of a living process would go too.
 *
 * @param of Only what was to become a file of this name.
 */
export function removeStaleTemporaries(folder: string, of: string | null = null): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) removeStaleTemporaries(path, of)
    else {
      const name = temporary.exec(entry.name)?.[1]
      if (name !== undefined && (of === null || name === of)) rmSync(path, { force: true })
    }
  }
}

/** Writes every byte: one call to the system may write fewer, as it does on a disk that fills. */
export function writeAll(file: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.byteLength) written += writeSync(file, bytes, written)
}

function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
