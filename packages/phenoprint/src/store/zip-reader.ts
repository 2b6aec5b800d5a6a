import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { crc32 } from 'node:zlib'
import { errorCode } from '../error-code.js'
import { StoreError } from '../errors.js'

interface Entry {
  readonly header: number
  readonly size: number
  readonly crc: number
}

const readAsync = promisify(read)
/** The end record with the longest comment, and the ZIP64 locator before it. */
const longestEnd = 22 + 0xffff + 20
const elsewhere16 = 0xffff
const elsewhere32 = 0xffffffff

/** Entries of a ZIP or ZIP64 archive, all of them stored, read from where they lie. */
export class ZipReader implements Disposable {
  readonly path: string
  /** What to do about a broken one. */
  readonly #advice: string
  readonly #entries: ReadonlyMap<string, Entry>
  readonly #starts = new Map<string, number>()
  #file: number | null
  #reading = 0
  #closeLater: number | null = null

  private constructor(path: string, file: number, advice: string) {
    this.path = path
    this.#advice = advice
    this.#file = file
    this.#entries = this.#readDirectory()
  }

  /**
   * @param advice What to do about a file that is broken, for messages.
   * @throws {StoreError} when the file is missing, cut short, or no such archive.
   */
  static open(
    path: string,
    advice = 'Delete this file and run preprocess again: it makes what is missing.',
  ): ZipReader {
    let file: number
    try {
      file = openSync(path, 'r')
    } catch (cause) {
      const reason = errorCode(cause) === 'ENOENT' ? 'is missing' : `cannot be opened: ${cause}`
      throw new StoreError(`store: ${path} ${reason}. Run preprocess again to make it.`, { cause })
    }
    try {
      return new ZipReader(path, file, advice)
    } catch (error) {
      closeSync(file)
      throw error
    }
  }

  get names(): Iterable<string> {
    return this.#entries.keys()
  }

  /** Bytes of an entry, or null when there is none of that name. */
  size(name: string): number | null {
    return this.#entries.get(name)?.size ?? null
  }

  /** A whole entry, its checksum verified. */
  entry(name: string): Uint8Array {
    const { header, size, crc } = this.#find(name)
    const start = this.#starts.get(name) ?? this.#dataStart(name, header, this.#readNow(header, 30))
    const bytes = this.#readNow(start, size)
    if (crc32(bytes) !== crc) throw this.#fault(`entry ${name} is damaged: its checksum differs`)
    return bytes
  }

  /** Bytes of an entry from an offset on; a negative one counts from its end. Not verified here. */
  async range(name: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#whileOpen(async (file) =>
      this.#readFrom(file, await this.#position(file, name, offset, length), length),
    )
  }

  /**
   * Where a range of an entry lies, for somebody else to read: the file's number and the place in it.
   * It holds as long as the file is {@link held}.
   */
  async place(
    name: string,
    offset: number,
    length: number,
  ): Promise<{ readonly file: number; readonly position: number }> {
    const file = this.#open()
    return { file, position: await this.#position(file, name, offset, length) }
  }

  /** Keeps the file open, this reader disposed of or not, until what is returned is disposed of. */
  held(): Disposable {
    this.#open()
    this.#reading++
    return { [Symbol.dispose]: () => this.#release() }
  }

  /** Reads under way end first: the system would give their file number to another file. */
  [Symbol.dispose](): void {
    const file = this.#file
    this.#file = null
    if (file !== null && this.#reading === 0) closeSync(file)
    else if (file !== null) this.#closeLater = file
  }

  /** Where a range of an entry lies in the file. */
  async #position(file: number, name: string, offset: number, length: number): Promise<number> {
    const { header, size } = this.#find(name)
    const first = offset < 0 ? size + offset : offset
    if (first < 0 || first + length > size) {
      throw this.#fault(`entry ${name} has ${size} bytes, none at ${offset}..${offset + length}`)
    }
    const known = this.#starts.get(name)
    return (known ?? this.#dataStart(name, header, await this.#readFrom(file, header, 30))) + first
  }

  #find(name: string): Entry {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw this.#fault(`there is no entry ${name}`)
    return entry
  }

  /** Where an entry's bytes start: after its local header, whose length only it knows. */
  #dataStart(name: string, header: number, bytes: Uint8Array): number {
    const view = viewOf(bytes)
    if (view.getUint32(0, true) !== 0x04034b50) throw this.#fault(`entry ${name} has no header`)
    const start = header + 30 + view.getUint16(26, true) + view.getUint16(28, true)
    this.#starts.set(name, start)
    return start
  }

  #readDirectory(): Map<string, Entry> {
    const size = fstatSync(this.#open()).size
    const tailStart = Math.max(0, size - longestEnd)
    const tail = viewOf(this.#readNow(tailStart, size - tailStart))
    let end = tail.byteLength - 22
    while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--
    if (end < 0) throw this.#fault('it is cut short, or no ZIP archive')
    let count = tail.getUint16(end + 10, true)
    let bytes = tail.getUint32(end + 12, true)
    let start = tail.getUint32(end + 16, true)
    if (count === elsewhere16 || bytes === elsewhere32 || start === elsewhere32) {
      if (end < 20 || tail.getUint32(end - 20, true) !== 0x07064b50) {
        throw this.#fault('its ZIP64 end record is missing')
      }
      const at = Number(tail.getBigUint64(end - 12, true))
      const record = viewOf(this.#readNow(at, 56))
      if (record.getUint32(0, true) !== 0x06064b50) throw this.#fault('its end record is damaged')
      count = Number(record.getBigUint64(32, true))
      bytes = Number(record.getBigUint64(40, true))
      start = Number(record.getBigUint64(48, true))
    }
    if (start + bytes > size) throw this.#fault('its directory lies outside the file')
    return this.#parseDirectory(this.#readNow(start, bytes), count)
  }

  #parseDirectory(bytes: Uint8Array, count: number): Map<string, Entry> {
    const view = viewOf(bytes)
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const entries = new Map<string, Entry>()
    let at = 0
    for (let i = 0; i < count; i++) {
      if (at + 46 > bytes.length || view.getUint32(at, true) !== 0x02014b50) {
        throw this.#fault(`its directory is damaged at entry ${i} of ${count}`)
      }
      const nameEnd = at + 46 + view.getUint16(at + 28, true)
      const extraEnd = nameEnd + view.getUint16(at + 30, true)
      const end = extraEnd + view.getUint16(at + 32, true)
      if (end > bytes.length) throw this.#fault(`its directory is cut short at entry ${i}`)
      const name = text.toString('utf8', at + 46, nameEnd)
      if (view.getUint16(at + 10, true) !== 0) {
        throw this.#fault(`entry ${name} is compressed by ZIP; stored entries are read`)
      }
      entries.set(name, {
        crc: view.getUint32(at + 16, true),
        ...this.#place(view, at, nameEnd, extraEnd),
      })
      at = end
    }
    return entries
  }

  /** Size and header offset of a directory record, from its ZIP64 field where they do not fit. */
  #place(view: DataView, at: number, extra: number, extraEnd: number) {
    let size = view.getUint32(at + 24, true)
    let header = view.getUint32(at + 42, true)
    const compressed = view.getUint32(at + 20, true)
    for (let field = extra; field + 4 <= extraEnd; ) {
      const end = field + 4 + view.getUint16(field + 2, true)
      if (end > extraEnd) throw this.#fault('its directory holds a damaged field')
      if (view.getUint16(field, true) === 1) {
        let value = field + 4
        const next = () => {
          if (value + 8 > end) throw this.#fault('its directory holds a damaged ZIP64 field')
          value += 8
          return Number(view.getBigUint64(value - 8, true))
        }
        if (size === elsewhere32) size = next()
        if (compressed === elsewhere32) next()
        if (header === elsewhere32) header = next()
      }
      field = end
    }
    return { size, header }
  }

  #readNow(start: number, length: number): Uint8Array {
    const file = this.#open()
    this.#checkInside(file, start, length)
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const got = readSync(file, bytes, done, length - done, start + done)
      if (got === 0) throw this.#fault(`it ends before byte ${start + length}`)
      done += got
    }
    return bytes
  }

  async #readFrom(file: number, start: number, length: number): Promise<Uint8Array> {
    this.#checkInside(file, start, length)
    const bytes = new Uint8Array(length)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await readAsync(file, bytes, done, length - done, start + done)
      if (bytesRead === 0) throw this.#fault(`it ends before byte ${start + length}`)
      done += bytesRead
    }
    return bytes
  }

  /** The file is not closed while it is read. */
  async #whileOpen<T>(read: (file: number) => Promise<T>): Promise<T> {
    const file = this.#open()
    this.#reading++
    try {
      return await read(file)
    } finally {
      this.#release()
    }
  }

  #release(): void {
    this.#reading--
    if (this.#reading === 0 && this.#closeLater !== null) {
      closeSync(this.#closeLater)
      this.#closeLater = null
    }
  }

  /** Asked before memory is taken: a damaged directory may claim any size. */
  #checkInside(file: number, start: number, length: number): void {
    const { size } = fstatSync(file)
    if (start + length > size) {
      throw this.#fault(`it has ${size} bytes, expected ${start + length} at least`)
    }
  }

  #open(): number {
    if (this.#file === null) throw this.#fault('it is closed')
    return this.#file
  }

  #fault(what: string): StoreError {
    return new StoreError(`store: ${this.path}: ${what}. ${this.#advice}`)
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
