import { Transformer } from '@napi-rs/image'
import { PixelError } from './errors.js'
import { native } from './native.js'
import { checkPng, type ImageHeader, pngSignature, readPngHeader } from './png.js'

/** Pixels as stored: 8 or 16 bits, unsigned. */
export type Pixels = Uint8Array | Uint16Array

/** The first bytes of formats that people also meet, for the message. */
const otherFormats: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['a JPEG', [0xff, 0xd8, 0xff]],
  ['a TIFF', [0x49, 0x49, 0x2a, 0x00]],
  ['a TIFF', [0x4d, 0x4d, 0x00, 0x2a]],
  ['a GIF', [0x47, 0x49, 0x46, 0x38]],
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
]

function startsWith(bytes: Uint8Array, magic: Iterable<number>): boolean {
  let index = 0
  for (const byte of magic) if (bytes[index++] !== byte) return false
  return true
}

/** @throws {PixelError} when the bytes are not a PNG's. */
function requirePng(bytes: Uint8Array): void {
  if (bytes.length === 0) throw new PixelError('the file is empty', 'broken')
  if (startsWith(bytes, pngSignature)) return
  const looksLike = otherFormats.find(([, magic]) => startsWith(bytes, magic))?.[0]
  throw new PixelError(
    `not a PNG${looksLike ? `: it looks like ${looksLike}` : ''}. PNG images are read`,
    'unsupported',
  )
}

/**
 * The header of an image, from its first bytes (64 are enough).
 *
 * @throws {PixelError} when the bytes are no image that is read.
 */
export function readHeader(bytes: Uint8Array): ImageHeader {
  requirePng(bytes)
  return readPngHeader(bytes)
}

/**
 * Decodes an image into planes of a caller's array.
 *
 * @param bytes The whole file. Every checksum in it is verified.
 * @param samples Which sample of each pixel, one a plane: `[0]` for grey, `[1]` for the green of an
 *   RGB image, `[0, 1, 2]` for its three planes.
 * @param target `[plane, y, x]` from `offset` on; uint8 or uint16 as the header's bit depth.
 * @returns The header.
 * @throws {PixelError} when the file is broken, not an image that is read, or lacks such a sample.
 * @throws {RangeError} when the target is of another type, or too small.
 */
export async function decodeInto(
  bytes: Uint8Array,
  samples: readonly number[],
  target: Pixels,
  offset = 0,
): Promise<ImageHeader> {
  const header = readHeader(bytes)
  const count = header.width * header.height
  for (const sample of samples) {
    if (sample < 0 || sample >= header.samples) {
      throw new PixelError(
        `it has ${header.samples} sample(s) a pixel, so there is none at index ${sample}`,
        'unsupported',
      )
    }
  }
  if (target.BYTES_PER_ELEMENT * 8 !== header.bitDepth) {
    throw new RangeError(
      `target has ${target.BYTES_PER_ELEMENT * 8} bits, image ${header.bitDepth}`,
    )
  }
  if (offset + samples.length * count > target.length) {
    throw new RangeError(
      `target of ${target.length} from ${offset} does not hold ${samples.length} x ${count}`,
    )
  }
  const part = target.subarray(offset, offset + samples.length * count)
  if ((await native?.decodePng(bytes, samples, part)) === 1) return header
  checkPng(bytes)
  const raw = await rawPixels(bytes)
  const source =
    header.bitDepth === 8 ? raw : new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength >> 1)
  // Transparency of a grey or RGB image adds a sample that its header does not count.
  const stride = source.length / count
  if (!Number.isInteger(stride) || stride < header.samples) {
    throw new PixelError(
      `decoded to ${source.length} values, expected ${count} x ${header.samples}`,
      'broken',
    )
  }
  samples.forEach((sample, plane) => {
    copyPlane(source, stride, sample, target, offset + plane * count, count)
  })
  return header
}

/** All samples, interleaved, native byte order, in memory of their own. */
async function rawPixels(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    const raw = await new Transformer(bytes).rawPixels()
    // A 16-bit view needs an even start.
    return raw.byteOffset % 2 === 0 ? raw : Uint8Array.from(raw)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new PixelError(`PNG damaged: ${reason}`, 'broken', { cause: error })
  }
}

function copyPlane(
  source: Pixels,
  stride: number,
  sample: number,
  target: Pixels,
  offset: number,
  count: number,
): void {
  if (stride === 1) {
    target.set(source, offset)
    return
  }
  for (let i = 0; i < count; i++) target[offset + i] = source[i * stride + sample] ?? 0
}
