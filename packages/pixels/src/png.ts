import { crc32 } from 'node:zlib'
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
 * Walks all chunks of a PNG and verifies their checksums.
 *
 * @throws {PixelError} when it is cut short or damaged.
 */
export function checkPng(bytes: Uint8Array): void {
  let offset = pngSignature.length
  for (let type = ''; type !== 'IEND'; ) {
    const chunk = chunkAt(bytes, offset)
    type = chunk.type
    offset = chunk.end
  }
}

function printable(type: string): string {
  return /^[A-Za-z]{4}$/.test(type) ? type : `of unknown type ${JSON.stringify(type)}`
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
