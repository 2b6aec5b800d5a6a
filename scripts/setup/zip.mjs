import fs from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'

/**
 * Reads ZIP files as wheels are: stored or deflated entries, ZIP64 where they are large.
 * Format: PKWARE APPNOTE 6.3.10, sections 4.3 to 4.5.
 *
 * @typedef {object} ZipEntry
 * @property {string} name with slashes; a folder's ends in one.
 * @property {number} method 0 stored, 8 deflated.
 * @property {number} crc
 * @property {number} compressedSize
 * @property {number} size
 * @property {number} headerOffset of the local header.
 * @property {number} mode the Unix permission bits, 0 where none are given.
 */

const endSignature = 0x06054b50
const end64LocatorSignature = 0x07064b50
const end64Signature = 0x06064b50
const entrySignature = 0x02014b50
const localSignature = 0x04034b50

/**
 * The entries of a ZIP file, from its central directory.
 *
 * @param {string} path
 * @returns {ZipEntry[]}
 * @throws {Error} when the file is truncated or no ZIP file.
 */
export function listZip(path) {
  const file = fs.openSync(path, 'r')
  try {
    const { offset, length, count } = findDirectory(file, path)
    const directory = readExactly(file, offset, length, path)
    const entries = []
    for (let at = 0, index = 0; index < count; index++) {
      if (directory.readUInt32LE(at) !== entrySignature)
        throw broken(path, `entry ${index} has no header`)
      const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
        directory.readUInt16LE(at + field),
      )
      const name = directory.toString('utf8', at + 46, at + 46 + nameLength)
      const extra = directory.subarray(at + 46 + nameLength, at + 46 + nameLength + extraLength)
      const [size, compressedSize, headerOffset] = widen(
        extra,
        [24, 20, 42].map((field) => directory.readUInt32LE(at + field)),
      )
      const mode = (directory.readUInt32LE(at + 38) >>> 16) & 0o777
      entries.push({
        name,
        method: directory.readUInt16LE(at + 10),
        crc: directory.readUInt32LE(at + 16),
        compressedSize,
        size,
        headerOffset,
        mode,
      })
      at += 46 + nameLength + extraLength + commentLength
    }
    return entries
  } finally {
    fs.closeSync(file)
  }
}

/**
 * The bytes of one entry, checked; for small ones such as a wheel's METADATA.
 *
 * @param {string} path
 * @param {ZipEntry} entry
 */
export async function readZipEntry(path, entry) {
  /** @type {Buffer[]} */
  const pieces = []
  await readInto(
    path,
    entry,
    new Transform({
      transform(piece, _, next) {
        pieces.push(piece)
        next()
      },
    }),
  )
  return Buffer.concat(pieces)
}

/**
 * Writes the chosen entries into a folder, each checked against its size and CRC-32.
 *
 * @param {string} path
 * @param {string} folder
 * @param {(name: string) => boolean} [chosen]
 * @throws {Error} on a damaged entry, or a name that leads out of the folder.
 */
export async function unpackZip(path, folder, chosen = () => true) {
  for (const entry of listZip(path)) {
    if (entry.name.endsWith('/') || !chosen(entry.name)) continue
    const target = join(folder, entry.name)
    if (!target.startsWith(normalize(folder + sep)))
      throw broken(path, `"${entry.name}" leads out of the folder`)
    fs.mkdirSync(dirname(target), { recursive: true })
    await readInto(path, entry, fs.createWriteStream(target, { mode: entry.mode || 0o644 }))
  }
}

/**
 * @param {string} path
 * @param {ZipEntry} entry
 * @param {NodeJS.WritableStream} sink
 */
async function readInto(path, entry, sink) {
  const file = fs.openSync(path, 'r')
  let start = 0
  try {
    const local = readExactly(file, entry.headerOffset, 30, path)
    if (local.readUInt32LE(0) !== localSignature)
      throw broken(path, `"${entry.name}" has no header`)
    start = entry.headerOffset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28)
  } finally {
    fs.closeSync(file)
  }
  let crc = 0
  let size = 0
  const check = new Transform({
    transform(piece, _, next) {
      crc = zlib.crc32(piece, crc)
      size += piece.length
      next(null, piece)
    },
  })
  if (entry.compressedSize === 0) await pipeline([], check, sink)
  else {
    const packed = fs.createReadStream(path, {
      start,
      end: start + entry.compressedSize - 1,
      highWaterMark: 2 ** 20,
    })
    if (entry.method === 0) await pipeline(packed, check, sink)
    else if (entry.method === 8)
      await pipeline(packed, zlib.createInflateRaw({ chunkSize: 2 ** 20 }), check, sink)
    else
      throw broken(
        path,
        `"${entry.name}" is packed by method ${entry.method}; expected 0 (stored) or 8 (deflated)`,
      )
  }
  if (size !== entry.size || crc !== entry.crc) throw broken(path, `"${entry.name}" is damaged`)
}

/**
 * @param {number} file
 * @param {string} path
 */
function findDirectory(file, path) {
  const total = fs.fstatSync(file).size
  // The end record is followed by a comment of at most 65,535 bytes and preceded by the ZIP64 locator.
  const tailLength = Math.min(total, 22 + 65_535 + 20)
  const tail = readExactly(file, total - tailLength, tailLength, path)
  let at = tail.length - 22
  while (at >= 0 && tail.readUInt32LE(at) !== endSignature) at--
  if (at < 0) throw broken(path, 'it has no end record: truncated, or no ZIP file')
  const locator = at - 20
  if (locator >= 0 && tail.readUInt32LE(locator) === end64LocatorSignature) {
    const end64 = readExactly(file, Number(tail.readBigUInt64LE(locator + 8)), 56, path)
    if (end64.readUInt32LE(0) !== end64Signature)
      throw broken(path, 'its ZIP64 end record is damaged')
    const [count, length, offset] = [32, 40, 48].map((field) =>
      Number(end64.readBigUInt64LE(field)),
    )
    return { count, length, offset }
  }
  return {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  }
}

/**
 * Replaces each value of 0xffffffff by the 64-bit one of the ZIP64 extra field (id 1).
 *
 * @param {Buffer} extra
 * @param {number[]} values in the order of the field: size, compressed size, header offset.
 */
function widen(extra, values) {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    let from = at + 4
    return values.map((value) => {
      if (value !== 0xffffffff) return value
      from += 8
      return Number(extra.readBigUInt64LE(from - 8))
    })
  }
  return values
}

/**
 * @param {number} file
 * @param {number} offset
 * @param {number} length
 * @param {string} path
 */
function readExactly(file, offset, length, path) {
  const bytes = Buffer.alloc(length)
  if (fs.readSync(file, bytes, 0, length, offset) !== length)
    throw broken(path, 'it ends too early')
  return bytes
}

/**
 * @param {string} path
 * @param {string} why
 */
function broken(path, why) {
  return new Error(`${path}: ${why}`)
}
