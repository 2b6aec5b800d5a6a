import { closeSync, openSync, rmSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { diskFault } from '../run/disk-fault.js'
import { commitFile, temporaryName, writeAll } from '../run/files.js'

interface Entry {
  readonly name: Buffer
  readonly crc: number
  readonly size: number
  readonly offset: number
}

/** Says "see the ZIP64 field" in a field of 16 or 32 bits. */
const elsewhere16 = 0xffff
const elsewhere32 = 0xffffffff
/** Version 4.5 of the format: the first with ZIP64. */
const version = 45
/** Names are UTF-8. */
const flags = 0x0800
/** 1980-01-01, the first day there is: nothing in the file depends on when it was written. */
const date = 0x0021

/**
 * A ZIP64 archive of stored entries, written from start to end under a temporary name and put in
 * place by {@link finish}. The same entries always give the same bytes.
 *
 * @see PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.14-16 and 4.5.3.
 */
export class ZipWriter implements Disposable {
  readonly #path: string
  readonly #temporary: string
  readonly #entries: Entry[] = []
  #file: number | null
  #position = 0

  /** @throws {MachineError} when the file cannot be made. */
  constructor(path: string) {
    this.#path = path
    this.#temporary = temporaryName(path)
    try {
      this.#file = openSync(this.#temporary, 'wx')
    } catch (cause) {
      throw diskFault(cause, path)
    }
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.#position
  }

  /** @throws {MachineError} when the disk is full; the temporary file is gone then. */
  add(name: string, bytes: Uint8Array): void {
    const entry: Entry = {
      name: Buffer.from(name),
      crc: crc32(bytes),
      size: bytes.length,
      offset: this.#position,
    }
    this.#entries.push(entry)
    this.#write(localHeader(entry), bytes)
  }

  /** Writes the central directory, flushes, and gives the file its name. */
  finish(comment: string): void {
    const start = this.#position
    for (const entry of this.#entries) this.#write(centralHeader(entry))
    this.#write(endRecords(this.#entries.length, start, this.#position - start, comment))
    this.#close()
    commitFile(this.#temporary, this.#path)
  }

  /** Removes the temporary file of an archive that was not finished. */
  [Symbol.dispose](): void {
    if (this.#file === null) return
    this.#close()
    rmSync(this.#temporary, { force: true })
  }

  #write(...parts: readonly Uint8Array[]): void {
    if (this.#file === null) throw new Error(`${this.#path} is closed`)
    for (const bytes of parts) {
      try {
        writeAll(this.#file, bytes)
      } catch (cause) {
        this[Symbol.dispose]()
        throw diskFault(cause, this.#path, bytes.length)
      }
      this.#position += bytes.length
    }
  }

  #close(): void {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }
}

function localHeader({ name, crc, size }: Entry): Buffer {
  const extra = 20
  const header = Buffer.alloc(30 + name.length + extra)
  header.writeUInt32LE(0x04034b50, 0)
  header.writeUInt16LE(version, 4)
  header.writeUInt16LE(flags, 6)
  header.writeUInt16LE(date, 12)
  header.writeUInt32LE(crc, 14)
  header.writeUInt32LE(elsewhere32, 18)
  header.writeUInt32LE(elsewhere32, 22)
  header.writeUInt16LE(name.length, 26)
  header.writeUInt16LE(extra, 28)
  name.copy(header, 30)
  writeZip64(header, 30 + name.length, [size, size])
  return header
}

function centralHeader({ name, crc, size, offset }: Entry): Buffer {
  const extra = 28
  const header = Buffer.alloc(46 + name.length + extra)
  header.writeUInt32LE(0x02014b50, 0)
  header.writeUInt16LE(version, 4)
  header.writeUInt16LE(version, 6)
  header.writeUInt16LE(flags, 8)
  header.writeUInt16LE(date, 14)
  header.writeUInt32LE(crc, 16)
  header.writeUInt32LE(elsewhere32, 20)
  header.writeUInt32LE(elsewhere32, 24)
  header.writeUInt16LE(name.length, 28)
  header.writeUInt16LE(extra, 30)
  header.writeUInt32LE(elsewhere32, 42)
  name.copy(header, 46)
  writeZip64(header, 46 + name.length, [size, size, offset])
  return header
}

/** The ZIP64 extra field: uncompressed size, compressed size and, in the directory, the offset. */
function writeZip64(buffer: Buffer, at: number, values: readonly number[]): void {
  buffer.writeUInt16LE(1, at)
  buffer.writeUInt16LE(8 * values.length, at + 2)
  values.forEach((value, i) => {
    buffer.writeBigUInt64LE(BigInt(value), at + 4 + 8 * i)
  })
}

/** ZIP64 end record, its locator, and the old end record with the archive's comment. */
function endRecords(entries: number, start: number, size: number, comment: string): Buffer {
  const text = Buffer.from(comment)
  const end = Buffer.alloc(56 + 20 + 22 + text.length)
  end.writeUInt32LE(0x06064b50, 0)
  end.writeBigUInt64LE(44n, 4)
  end.writeUInt16LE(version, 12)
  end.writeUInt16LE(version, 14)
  end.writeBigUInt64LE(BigInt(entries), 24)
  end.writeBigUInt64LE(BigInt(entries), 32)
  end.writeBigUInt64LE(BigInt(size), 40)
  end.writeBigUInt64LE(BigInt(start), 48)
  end.writeUInt32LE(0x07064b50, 56)
  end.writeBigUInt64LE(BigInt(start + size), 64)
  end.writeUInt32LE(1, 72)
  end.writeUInt32LE(0x06054b50, 76)
  end.writeUInt16LE(elsewhere16, 84)
  end.writeUInt16LE(elsewhere16, 86)
  end.writeUInt32LE(elsewhere32, 88)
  end.writeUInt32LE(elsewhere32, 92)
  end.writeUInt16LE(text.length, 96)
  text.copy(end, 98)
  return end
}
