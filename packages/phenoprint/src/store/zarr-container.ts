import { statSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { errorCode } from '../error-code.js'
import { StoreError } from '../errors.js'
import { ZipReader } from './zip-reader.js'

/** A key of a Zarr hierarchy. */
export type ZarrKey = `/${string}`

/** A part of a value: from an offset on, or its end. */
export type ZarrRange =
  | { readonly offset: number; readonly length: number }
  | { readonly suffixLength: number }

/** A Zarr hierarchy in a folder or an archive, as zarrita reads it. */
export interface ZarrContainer extends Disposable {
  /** Bytes of a value, or null where there is none. */
  size(key: ZarrKey): number | null
  get(key: ZarrKey): Promise<Uint8Array | undefined>
  getRange(key: ZarrKey, range: ZarrRange): Promise<Uint8Array | undefined>
}

const advice = 'Copy it anew from where it came.'

/**
 * Opens a plate of another's making.
 *
 * @throws {StoreError} when it is no folder, and no archive of stored entries.
 */
export function openContainer(path: string): ZarrContainer {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory() === true) return new Folder(path)
  return new Archive(ZipReader.open(path, advice))
}

class Folder implements ZarrContainer {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  [Symbol.dispose](): void {}

  size(key: ZarrKey): number | null {
    const stat = statSync(this.#place(key), { throwIfNoEntry: false })
    return stat?.isFile() === true ? stat.size : null
  }

  async get(key: ZarrKey): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.#place(key))
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  async getRange(key: ZarrKey, range: ZarrRange): Promise<Uint8Array | undefined> {
    try {
      const file = await open(this.#place(key))
      try {
        const { size } = await file.stat()
        const { offset, length } = within(range, size)
        const bytes = new Uint8Array(length)
        for (let done = 0; done < length; ) {
          const { bytesRead } = await file.read(bytes, done, length - done, offset + done)
          if (bytesRead === 0) throw new StoreError(`${key} has ${size} bytes, none at ${offset}`)
          done += bytesRead
        }
        return bytes
      } finally {
        await file.close()
      }
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  /** @throws {StoreError} for a key that leads out of the folder: metadata may claim any. */
  #place(key: ZarrKey): string {
    const steps = key.slice(1).split('/')
    if (!steps.some((step) => step === '' || step === '..' || /[\\:]/.test(step))) {
      return join(this.#path, ...steps)
    }
    throw new StoreError(`its metadata name ${JSON.stringify(key)}, which is no place in it`)
  }
}

class Archive implements ZarrContainer {
  readonly #zip: ZipReader

  constructor(zip: ZipReader) {
    this.#zip = zip
  }

  [Symbol.dispose](): void {
    this.#zip[Symbol.dispose]()
  }

  size(key: ZarrKey): number | null {
    return this.#zip.size(key.slice(1))
  }

  async get(key: ZarrKey): Promise<Uint8Array | undefined> {
    return this.size(key) === null ? undefined : this.#zip.entry(key.slice(1))
  }

  async getRange(key: ZarrKey, range: ZarrRange): Promise<Uint8Array | undefined> {
    const size = this.size(key)
    if (size === null) return undefined
    const { offset, length } = within(range, size)
    return await this.#zip.range(key.slice(1), offset, length)
  }
}

function within(range: ZarrRange, size: number): { offset: number; length: number } {
  if ('offset' in range) return range
  const length = Math.min(size, range.suffixLength)
  return { offset: size - length, length }
}

function isAbsent(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR'
}
