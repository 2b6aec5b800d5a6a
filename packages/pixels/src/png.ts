import { constants } from 'node:buffer'
import { promisify } from 'node:util'
import { crc32, inflate as inflateWithCallback } from 'node:zlib'
import { PixelError } from './errors.js'
import type { ImageHeader } from './image-header.js'

/** A PNG starts with these eight bytes (ISO/IEC 15948, 5.2). */
export const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

const samplesOfColourType = new Map([
  [0, 1],
  [2, 3],
  [3, 3],
  [4, 2],
  [6, 4],
])

/** The passes of an interlaced image: first row and column, steps down and right. */
const adam7 = [
  [0, 0, 8, 8],
  [0, 4, 8, 8],
  [4, 0, 8, 4],
  [0, 2, 4, 4],
  [2, 0, 4, 2],
  [0, 1, 2, 2],
  [1, 0, 2, 1],
] as const

const inflate = promisify(inflateWithCallback)

interface Chunk {
  readonly type: string
  readonly data: DataView
  /** Offset of the next chunk. */
  readonly end: number
}

/** The chunk at an offset, its length and checksum verified. */
function chunkAt(bytes: Uint8Array, offset: number): Chunk {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (offset + 12 > bytes.length) {
    throw new PixelError(
      `PNG cut short: it ends after ${bytes.length} bytes, without its last chunk (IEND)`,
      'broken',
    )
  }
  const length = view.getUint32(offset)
  const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8))
  const end = offset + 12 + length
  if (end > bytes.length) {
    throw new PixelError(
      `PNG cut short: chunk ${printable(type)} needs ${end} bytes, the file has ${bytes.length}`,
      'broken',
    )
  }
  const stored = view.getUint32(end - 4)
  const computed = crc32(bytes.subarray(offset + 4, end - 4))
  if (stored !== computed) {
    throw new PixelError(
      `PNG damaged: chunk ${printable(type)} at byte ${offset} has checksum ${hex(computed)}, expected ${hex(stored)}`,
      'broken',
    )
  }
  return { type, data: new DataView(bytes.buffer, bytes.byteOffset + offset + 8, length), end }
}

/**
 * The header of a PNG, from its first bytes.
 *
 * @throws {PixelError} when they are not a PNG's, are damaged, or announce a kind that is not read.
 */
export function readPngHeader(bytes: Uint8Array): ImageHeader {
  const { type, data } = chunkAt(bytes, pngSignature.length)
  if (type !== 'IHDR' || data.byteLength !== 13) {
    throw new PixelError('PNG damaged: it does not start with its header (IHDR)', 'broken')
  }
  const width = data.getUint32(0)
  const height = data.getUint32(4)
  const bitDepth = data.getUint8(8)
  const colourType = data.getUint8(9)
  const samples = samplesOfColourType.get(colourType)
  if (width === 0 || height === 0 || samples === undefined) {
    throw new PixelError(
      `PNG damaged: header says ${width}x${height} pixels, colour type ${colourType}`,
      'broken',
    )
  }
  const palette = colourType === 3
  if (palette) return { width, height, samples, bitDepth: 8, alpha: false }
  if (bitDepth !== 8 && bitDepth !== 16) {
    throw new PixelError(
      `PNG of ${bitDepth} bits a sample; 8 and 16 are read. Save it again with 8 bits`,
      'unsupported',
    )
  }
  return { width, height, samples, bitDepth, alpha: samples % 2 === 0 }
}

/**
 * Walks all chunks of a PNG, verifies their checksums and that of the compressed pixels, and that there
 * is a palette where one is needed. The library that decodes it looks at no checksum of the pixels, and
 * ends the process over a palette that holds no whole colours.
 *
 * @throws {PixelError} when it is cut short or damaged.
 */
export async function checkPng(bytes: Uint8Array): Promise<void> {
  const header = chunkAt(bytes, pngSignature.length)
  const hasPalette = header.data.getUint8(9) === 3
  const compressed: Uint8Array[] = []
  let palette: number | null = null
  for (let { type, end } = header; type !== 'IEND'; ) {
    const { data, ...chunk } = chunkAt(bytes, end)
    ;({ type, end } = chunk)
    if (type === 'PLTE') palette = data.byteLength
    if (type !== 'IDAT') continue
    if (hasPalette) checkPalette(palette)
    compressed.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
  }
  await checkPixels(compressed, rowBytes(header.data))
}

function checkPalette(length: number | null): void {
  if (length !== null && length > 0 && length % 3 === 0 && length <= 3 * 256) return
  throw new PixelError(
    `PNG damaged: its palette (PLTE) ${length === null ? 'does not come before its pixels' : `has ${length} bytes, expected 1 to 256 colours of 3`}`,
    'broken',
  )
}

/** @throws {PixelError} when they cannot be decompressed, or are not as many bytes as announced. */
async function checkPixels(compressed: readonly Uint8Array[], expected: number): Promise<void> {
  const length = compressed.reduce((sum, part) => sum + part.length, 0)
  // Deflate makes of one byte 1,032 at most: a header that announces more is not believed.
  const most = Math.min(expected, 1032 * length, constants.MAX_LENGTH)
  const reason =
    most < expected
      ? 'they are too few'
      : await inflate(Buffer.concat(compressed), { maxOutputLength: Math.max(1, most) }).then(
          (rows) => (rows.length < expected ? 'they are too few' : null),
          reasonOf,
        )
  if (reason === null) return
  throw new PixelError(
    `PNG damaged: its pixels (IDAT) are not the ${expected} bytes that its header announces: ${reason}`,
    'broken',
  )
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE' ? 'they are more' : error.message
}

/** Bytes of all rows before compression, each with its filter (ISO/IEC 15948, 8.2 and 9). */
function rowBytes(header: DataView): number {
  const [width, height] = [header.getUint32(0), header.getUint32(4)]
  const samples = header.getUint8(9) === 3 ? 1 : (samplesOfColourType.get(header.getUint8(9)) ?? 1)
  const bits = samples * header.getUint8(8)
  const passes = header.getUint8(12) === 1 ? adam7 : [[0, 0, 1, 1] as const]
  return passes.reduce((sum, [top, left, down, right]) => {
    const rows = Math.ceil((height - top) / down)
    const columns = Math.ceil((width - left) / right)
    return rows > 0 && columns > 0 ? sum + rows * (1 + Math.ceil((columns * bits) / 8)) : sum
  }, 0)
}

function printable(type: string): string {
  return /^[A-Za-z]{4}$/.test(type) ? type : `of unknown type ${JSON.stringify(type)}`
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
