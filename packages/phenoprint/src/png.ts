import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { constants, crc32, deflateSync } from 'node:zlib'
import { errorCode } from './error-code.js'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
const end = chunk('IEND', Buffer.alloc(0))
/** Each row is written as its difference from the mean of the pixels left and above. */
const averageFilter = 3

/** How many numbers a pixel has: grey, or red, green and blue. */
type Samples = 1 | 3

/** What a PNG's header says of them. */
const colourTypes: Readonly<Record<Samples, number>> = { 1: 0, 3: 2 }

/**
 * An 8-bit PNG, grey or coloured. Pictures with noise repeat nothing worth looking for, so the bytes are only
 * Huffman-coded: small, fast, and the same whatever string matcher a build of zlib has.
 *
 * @param pixels `[y, x]`, or `[y, x, 3]`.
 * @see ISO/IEC 15948:2004, Portable Network Graphics.
 */
export function encodePng(
  pixels: Uint8Array,
  width: number,
  height: number,
  samples: Samples,
): Buffer {
  const bytes = width * samples
  const filtered = Buffer.alloc(height * (bytes + 1))
  let at = 0
  for (let row = 0; row < height; row++) {
    filtered[at++] = averageFilter
    const from = row * bytes
    for (let i = 0; i < bytes; i++) {
      const left = i < samples ? 0 : (pixels[from + i - samples] ?? 0)
      const above = row === 0 ? 0 : (pixels[from - bytes + i] ?? 0)
      filtered[at++] = (pixels[from + i] ?? 0) - ((left + above) >> 1)
    }
  }
  const data = deflateSync(filtered, { strategy: constants.Z_HUFFMAN_ONLY })
  return Buffer.concat([signature, header(width, height, samples), chunk('IDAT', data), end])
}

/** Whether the file at a path begins and ends as {@link encodePng} writes that size. */
export function isWholePng(path: string, width: number, height: number, samples: Samples): boolean {
  const start = Buffer.concat([signature, header(width, height, samples)])
  let file: number
  try {
    file = openSync(path, 'r')
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return false
    throw cause
  }
  try {
    const { size } = fstatSync(file)
    const bytes = Buffer.alloc(start.length + end.length)
    readSync(file, bytes, 0, start.length, 0)
    readSync(file, bytes, start.length, end.length, Math.max(0, size - end.length))
    return bytes.equals(Buffer.concat([start, end]))
  } finally {
    closeSync(file)
  }
}

function header(width: number, height: number, samples: Samples): Buffer {
  const fields = Buffer.alloc(13)
  fields.writeUInt32BE(width, 0)
  fields.writeUInt32BE(height, 4)
  fields[8] = 8 // bits a sample; deflate, adaptive filters and no interlace are all 0
  fields[9] = colourTypes[samples]
  return chunk('IHDR', fields)
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'ascii'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}
