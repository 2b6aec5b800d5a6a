import { PixelError } from './errors.js'
import type { ImageHeader } from './image-header.js'
import { jpegSignature, readJpegHeader } from './jpeg.js'
import { native } from './native.js'
import { checkPng, pngSignature, readPngHeader } from './png.js'
import { copyPlane, type Pixels, rawPixels } from './raw-pixels.js'
import { readTiffPages, tiffSignatures } from './tiff.js'
import { decodeTiff } from './tiff-planes.js'

export type { Pixels } from './raw-pixels.js'

type Format = 'PNG' | 'TIFF' | 'JPEG'

const formats: readonly (readonly [format: Format, magic: Iterable<number>])[] = [
  ['PNG', pngSignature],
  ['JPEG', jpegSignature],
  ...tiffSignatures.map((magic): [Format, Iterable<number>] => ['TIFF', magic]),
]

/** The first bytes of formats that people also meet, for the message. */
const otherFormats: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['a GIF', [0x47, 0x49, 0x46, 0x38]],
  ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
  ['a Zeiss CZI', [0x5a, 0x49, 0x53, 0x52, 0x41, 0x57]],
  ['a Nikon ND2', [0xda, 0xce, 0xbe, 0x0a]],
]

function startsWith(bytes: Uint8Array, magic: Iterable<number>): boolean {
  let index = 0
  for (const byte of magic) if (bytes[index++] !== byte) return false
  return true
}

/** @throws {PixelError} when the bytes are of no format that is read. */
function formatOf(bytes: Uint8Array): Format {
  if (bytes.length === 0) throw new PixelError('the file is empty', 'broken')
  const found = formats.find(([, magic]) => startsWith(bytes, magic))
  if (found !== undefined) return found[0]
  const looksLike = otherFormats.find(([, magic]) => startsWith(bytes, magic))?.[0]
  throw new PixelError(
    `not a PNG, TIFF or JPEG${looksLike ? `: it looks like ${looksLike}` : ''}`,
    'unsupported',
  )
}

/**
 * The header of an image.
 *
 * @param bytes The whole file; of a PNG, the first 33 bytes are enough.
 * @throws {PixelError} when the bytes are no image that is read.
 */
export async function readHeader(bytes: Uint8Array): Promise<ImageHeader> {
  const format = formatOf(bytes)
  if (format === 'PNG') return readPngHeader(bytes)
  return format === 'JPEG' ? readJpegHeader(bytes) : (await readTiffPages(bytes)).header
}

/**
 * Decodes an image into planes of a caller's array.
 *
 * @param bytes The whole file. Every checksum in it is verified.
 * @param samples Which sample of each pixel, one a plane: `[0]` for grey, `[1]` for the green of an
 *   RGB image, `[0, 1, 2]` for its three planes, `[3]` for the fourth page of a grey TIFF.
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
  const format = formatOf(bytes)
  const tiff = format === 'TIFF' ? await readTiffPages(bytes) : null
  const header = tiff?.header ?? (await readHeader(bytes))
  const part = partOf(target, header, samples, offset)
  if (tiff !== null) {
    await decodeTiff(bytes, tiff, samples, part)
    return header
  }
  if (format === 'PNG') {
    if ((await native?.decodePng(bytes, samples, part)) === 1) return header
    await checkPng(bytes)
  }
  const source = await rawPixels(bytes, header.bitDepth, format)
  const count = header.width * header.height
  // Transparency of a grey or RGB image adds a sample that its header does not count.
  const stride = source.length / count
  if (!Number.isInteger(stride) || stride < header.samples) {
    throw new PixelError(
      `decoded to ${source.length} values, expected ${count} x ${header.samples}`,
      'broken',
    )
  }
  samples.forEach((sample, plane) => {
    copyPlane(source, stride, sample, part, plane * count, count)
  })
  return header
}

/**
 * Reads and decodes a grey PNG in one go on one of the system's threads.
 *
 * @param target `[y, x]`, of the size and depth that the header is expected to have.
 * @returns whether it was done. Where not, {@link decodeInto} does it, or says what is wrong with the file.
 */
export async function decodePngFile(
  path: string,
  { width, height, samples, bitDepth }: Omit<ImageHeader, 'alpha'>,
  target: Pixels,
): Promise<boolean> {
  if (native === null || samples !== 1) return false
  return (await native.decodeGreyPngFile(path, [width, height, bitDepth / 8], target)) === 1
}

/**
 * The part of the target that is filled.
 *
 * @throws {PixelError} when the file lacks such a sample.
 * @throws {RangeError} when the target is of another type, or too small.
 */
function partOf(
  target: Pixels,
  header: ImageHeader,
  samples: readonly number[],
  offset: number,
): Pixels {
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
  const end = offset + samples.length * count
  if (end > target.length) {
    throw new RangeError(
      `target of ${target.length} from ${offset} does not hold ${samples.length} x ${count}`,
    )
  }
  return target.subarray(offset, end)
}
