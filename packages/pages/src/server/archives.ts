import type { Stats } from 'node:fs'
import { ZipReader } from '@phenoprint/phenoprint/serving'
import { contentTag } from './files.js'
import { nothingHere } from './request-fault.js'
import type { Content } from './send.js'

/** Archives that are kept open; the one that was asked for longest ago is closed first. */
const mostOpen = 16

/** Entries of archives of plates (`.ozx`), read from where they lie. */
export class Archives implements Disposable {
  readonly #open = new Map<string, ZipReader>()

  /**
   * An entry's bytes.
   *
   * @param path Of the archive.
   * @param stats Of it: when it is replaced it is opened again.
   * @throws {RequestFault} 404 when it has no such entry.
   * @throws {StoreError} when it is no such archive, or damaged.
   */
  entry(path: string, stats: Stats, name: string): Content {
    const tag = contentTag(stats)
    const reader = this.#reader(path, `${path} ${tag}`)
    const size = reader.size(name)
    if (size === null) throw nothingHere()
    const type = name.endsWith('.json') ? 'application/json' : 'application/octet-stream'
    return { size, type, tag, read: (offset, length) => reader.range(name, offset, length) }
  }

  [Symbol.dispose](): void {
    for (const reader of this.#open.values()) reader[Symbol.dispose]()
    this.#open.clear()
  }

  #reader(path: string, key: string): ZipReader {
    const known = this.#open.get(key)
    this.#open.delete(key)
    const reader = known ?? ZipReader.open(path)
    this.#open.set(key, reader)
    const [oldest] = this.#open
    if (this.#open.size > mostOpen && oldest !== undefined) {
      oldest[1][Symbol.dispose]()
      this.#open.delete(oldest[0])
    }
    return reader
  }
}
