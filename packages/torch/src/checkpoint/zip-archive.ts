import { crc32 } from 'node:zlib'
import { brokenFile, quoted } from './fault.js'
import type { InputFile } from './file.js'

/** A file in an archive: uncompressed bytes at a place. */
export interface ZipEntry {
  readonly name: string
  readonly begin: number
  readonly length: number
  /** 0 where the writer was told to leave it out. */
  readonly checksum: number
}

const endSignature = 0x06054b50
const wideEndSignature = 0x06064b50
const wideLocatorSignature = 0x07064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50
/** Stands in a 32-bit field whose value is in the ZIP64 one. */
const wide = 0xffffffff
const longestDirectory = 100_000_000
/** zlib counts in 32 bits. */
const atOnce = 1 << 30

/**
 * The files in a ZIP archive of the kind that torch.save writes: stored as they are, ZIP64 where it is
 * large.
 *
 * @see PKWARE, APPNOTE.TXT 6.3.10, section 4.3.
 */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>

  /** @throws {TorchError} of kind `checkpoint` when it is no such archive, or its parts overlap. */
  constructor(readonly file: InputFile) {
    const { begin, length, count } = findDirectory(file)
    this.entries = readDirectory(file, file.read(begin, length), count, begin)
  }

  /** Fills `into` with an entry, and holds it against its checksum. */
  readInto(entry: ZipEntry, into: Uint8Array): void {
    this.file.readInto(into, entry.begin)
    const sum = entry.checksum === 0 ? 0 : checksum(into)
    if (sum === entry.checksum) return
    throw brokenFile(
      this.file.path,
      `${quoted(entry.name)} in it`,
      `the checksum ${sum.toString(16)}`,
      `${entry.checksum.toString(16)}: its bytes were changed`,
    )
  }
}

function checksum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += atOnce) {
    sum = crc32(bytes.subarray(at, at + atOnce), sum)
  }
  return sum
}

interface Directory {
  readonly begin: number
  readonly length: number
  readonly count: number
}

function findDirectory(file: InputFile): Directory {
  const tailLength = Math.min(file.size, 22 + 0xffff)
  const tailBegin = file.size - tailLength
  const tail = view(file.read(tailBegin, tailLength))
  let at = tailLength - 22
  const isEnd = () =>
    tail.getUint32(at, true) === endSignature &&
    at + 22 + tail.getUint16(at + 20, true) === tailLength
  while (at >= 0 && !isEnd()) at--
  if (at < 0) {
    throw brokenFile(
      file.path,
      'the file',
      'no end of a ZIP archive',
      'an archive as torch.save writes since PyTorch 1.6; save the tensors of an older file again, or the file is cut off',
    )
  }
  const narrow = {
    count: tail.getUint16(at + 10, true),
    length: tail.getUint32(at + 12, true),
    begin: tail.getUint32(at + 16, true),
  }
  const end = tailBegin + at
  const directory = wideDirectory(file, end) ?? narrow
  const { begin, length, count } = directory
  if (begin + length > end || length > longestDirectory || count * 46 > length) {
    throw brokenFile(
      file.path,
      'its directory',
      `${count} entries in ${length} bytes at byte ${begin}`,
      `it to end before byte ${end}, in at most ${longestDirectory} bytes`,
    )
  }
  return directory
}

/** Where ZIP64 has the directory; null in an archive without it. */
function wideDirectory(file: InputFile, end: number): Directory | null {
  if (end < 20) return null
  const locator = view(file.read(end - 20, 20))
  if (locator.getUint32(0, true) !== wideLocatorSignature) return null
  const at = whole(file, locator, 8)
  if (at + 56 > end) throw brokenFile(file.path, 'its ZIP64 end', `byte ${at}`, `one before ${end}`)
  const record = view(file.read(at, 56))
  if (record.getUint32(0, true) !== wideEndSignature) {
    throw brokenFile(file.path, 'its ZIP64 end', 'another signature', 'that of the record')
  }
  return {
    count: whole(file, record, 32),
    length: whole(file, record, 40),
    begin: whole(file, record, 48),
  }
}

function readDirectory(
  file: InputFile,
  bytes: Uint8Array,
  count: number,
  directoryBegin: number,
): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>()
  const directory = view(bytes)
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + 46 > bytes.length || directory.getUint32(at, true) !== entrySignature) {
      throw brokenFile(file.path, 'its directory', `${index} entries`, `${count}`)
    }
    const nameLength = directory.getUint16(at + 28, true)
    const extraLength = directory.getUint16(at + 30, true)
    const next = at + 46 + nameLength + extraLength + directory.getUint16(at + 32, true)
    if (next > bytes.length) {
      throw brokenFile(file.path, 'its directory', `entry ${index} beyond its end`, 'it within')
    }
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength))
    if (entries.has(name)) throw brokenFile(file.path, quoted(name), 'it twice', 'it once')
    entries.set(name, readEntry(file, name, directory, at, extraLength))
    at = next
  }
  refuseOverlaps(file, [...entries.values()], directoryBegin)
  return entries
}

function readEntry(
  file: InputFile,
  name: string,
  directory: DataView,
  at: number,
  extraLength: number,
): ZipEntry {
  const flags = directory.getUint16(at + 8, true)
  const method = directory.getUint16(at + 10, true)
  if (method !== 0 || (flags & 1) !== 0) {
    throw brokenFile(
      file.path,
      `${quoted(name)} in it`,
      method === 0 ? 'encrypted bytes' : `compressed bytes (method ${method})`,
      'bytes stored as they are',
    )
  }
  const extra = at + 46 + directory.getUint16(at + 28, true)
  const fields = wideFields(file, directory, extra, extraLength)
  const narrowOrWide = (offset: number) => {
    const value = directory.getUint32(at + offset, true)
    return value === wide ? fields.next() : value
  }
  const length = narrowOrWide(24)
  const stored = narrowOrWide(20)
  const header = narrowOrWide(42)
  if (stored !== length || header + 30 > file.size) {
    throw brokenFile(
      file.path,
      `${quoted(name)} in it`,
      `${stored} bytes for ${length} at byte ${header}`,
      `as many for as many, before byte ${file.size}`,
    )
  }
  const local = view(file.read(header, 30))
  if (local.getUint32(0, true) !== localSignature) {
    throw brokenFile(file.path, `byte ${header}`, 'another signature', `${quoted(name)}`)
  }
  const begin = header + 30 + local.getUint16(26, true) + local.getUint16(28, true)
  return { name, begin, length, checksum: directory.getUint32(at + 16, true) }
}

/** The 64-bit fields of an entry, in turn. */
function wideFields(file: InputFile, directory: DataView, from: number, length: number) {
  let at = from
  const end = from + length
  while (at + 4 <= end && directory.getUint16(at, true) !== 1) {
    at += 4 + directory.getUint16(at + 2, true)
  }
  let field = at + 4
  return {
    next(): number {
      const fieldEnd = Math.min(
        end,
        at + 4 + (at + 4 <= end ? directory.getUint16(at + 2, true) : 0),
      )
      if (field + 8 > fieldEnd) {
        throw brokenFile(file.path, 'its directory', 'no ZIP64 size', 'one: it is marked so')
      }
      field += 8
      return whole(file, directory, field - 8)
    },
  }
}

/** Entries that share bytes could unfold into far more than the file. */
function refuseOverlaps(file: InputFile, entries: readonly ZipEntry[], limit: number): void {
  let end = 0
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin)) {
    const last = entry.begin + entry.length
    if (entry.begin < end || last > limit) {
      throw brokenFile(
        file.path,
        `${quoted(entry.name)} in it`,
        `bytes ${entry.begin} to ${last}`,
        `bytes of its own from ${end} to ${limit}`,
      )
    }
    end = last
  }
}

function whole(file: InputFile, data: DataView, at: number): number {
  const value = data.getBigUint64(at, true)
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value)
  throw brokenFile(file.path, 'a size in it', `${value}`, 'at most 2^53')
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
