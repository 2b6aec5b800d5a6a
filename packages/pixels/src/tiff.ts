import { fromArrayBuffer, type GeoTIFF, type GeoTIFFImage } from 'geotiff'
import { PixelError } from './errors.js'
import type { ImageHeader } from './image-header.js'

/** One image of a TIFF. */
export interface TiffPage {
  readonly image: GeoTIFFImage
  /** Where its directory stands in the file. */
  readonly directory: number
  /** Values a pixel. */
  readonly samples: number
  /** 0 means white: the file holds its pixels turned round. */
  readonly whiteIsZero: boolean
  /** Grey, RGB or RGBA, as most programs write: not a look-up table's indices, nor other channels. */
  readonly plain: boolean
}

/** The images of a TIFF, all of one size, depth and number of samples. */
export interface TiffPages {
  readonly header: ImageHeader
  readonly pages: readonly TiffPage[]
  readonly littleEndian: boolean
  readonly bigTiff: boolean
}

/** TIFF and BigTIFF, of either byte order. */
export const tiffSignatures = [
  [0x49, 0x49, 0x2a, 0x00],
  [0x4d, 0x4d, 0x00, 0x2a],
  [0x49, 0x49, 0x2b, 0x00],
  [0x4d, 0x4d, 0x00, 0x2b],
] as const

/** More pages than any site has: a chain of directories this long goes round in a circle. */
const mostPages = 10_000
/** Compression schemes (TIFF 6.0, and Adobe's supplement 2 for deflate). */
const compressions = new Map([
  [1, 'none'],
  [5, 'LZW'],
  [8, 'deflate'],
  [32946, 'deflate'],
  [32773, 'PackBits'],
])
const whiteIsZero = 0
const rgb = 2
const palette = 3
/** Bit of NewSubfileType: a smaller copy of another page. */
const reducedSize = 1

/**
 * The directories of a TIFF: its pages but smaller copies of others, as OME-TIFF and pyramids have.
 *
 * @param bytes The whole file: a TIFF's directories may stand anywhere.
 * @throws {PixelError} when it is cut short, damaged, or of a kind that is not read.
 */
export async function readTiffPages(bytes: Uint8Array): Promise<TiffPages> {
  const { buffer, byteOffset, byteLength } = bytes
  const whole =
    buffer instanceof ArrayBuffer && byteOffset === 0 && buffer.byteLength === byteLength
  try {
    const file = await fromArrayBuffer(whole ? buffer : Uint8Array.from(bytes).buffer)
    // All tags at once: those read later would be taken for little-endian (geotiff 3.0.5).
    file.parser.eager = true
    return await pagesOf(file, bytes.length)
  } catch (error) {
    if (error instanceof PixelError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new PixelError(`TIFF cut short or damaged: ${reason}`, 'broken', { cause: error })
  }
}

async function pagesOf(file: GeoTIFF, size: number): Promise<TiffPages> {
  const pages: TiffPage[] = []
  let header: ImageHeader | null = null
  let directory = file.firstIFDOffset
  for (let index = 0; directory !== 0; index++) {
    if (index === mostPages) {
      throw new PixelError(`TIFF damaged: it has more than ${mostPages} pages`, 'broken')
    }
    const image = await file.getImage(index)
    const { fileDirectory } = image
    const smaller = ((fileDirectory.getValue('NewSubfileType') ?? 0) & reducedSize) !== 0
    if (!smaller || index === 0) {
      const page = readPage(image)
      await requireWhole(image, size)
      if (header !== null) requireAlike(header, page.header, pages.length + 1)
      header = page.header
      pages.push({ image, directory, ...page.kind })
    }
    directory = fileDirectory.nextIFDByteOffset
  }
  if (header === null) throw new PixelError('TIFF damaged: it has no image', 'broken')
  const { littleEndian, bigTiff } = file
  const samples = header.samples * pages.length
  const alpha = header.alpha && pages.length === 1
  return { header: { ...header, samples, alpha }, pages, littleEndian, bigTiff }
}

function readPage(image: GeoTIFFImage): {
  readonly header: ImageHeader
  readonly kind: Pick<TiffPage, 'samples' | 'whiteIsZero' | 'plain'>
} {
  const { fileDirectory } = image
  const width = image.getWidth()
  const height = image.getHeight()
  const samples = image.getSamplesPerPixel()
  const bits = new Set<number>(fileDirectory.getValue('BitsPerSample') ?? [1])
  const [bitDepth] = bits
  const formats = new Set<number>(fileDirectory.getValue('SampleFormat') ?? [1])
  const compression = fileDirectory.getValue('Compression') ?? 1
  const photometric = fileDirectory.getValue('PhotometricInterpretation') ?? 1
  if (width < 1 || height < 1 || samples < 1) {
    throw new PixelError(`TIFF damaged: it says ${width}x${height}x${samples} values`, 'broken')
  }
  if ((bitDepth !== 8 && bitDepth !== 16) || bits.size > 1 || formats.size > 1 || !formats.has(1)) {
    const kind = formats.has(3) ? ' as floats' : formats.has(2) ? ' with signs' : ''
    throw unsupported(
      `of ${[...bits].join(', ')} bits a sample${kind}; 8 and 16 without sign are read. Save it again with 16 bits`,
    )
  }
  if (!compressions.has(compression)) {
    const names = [...new Set(compressions.values())].join(', ')
    throw unsupported(`compressed by scheme ${compression}; ${names} are read`)
  }
  if (photometric > palette) {
    throw unsupported(`of colours of kind ${photometric}; grey, RGB and look-up tables are read`)
  }
  return {
    header: { width, height, samples, bitDepth, alpha: photometric === rgb && samples === 4 },
    kind: {
      samples,
      whiteIsZero: photometric === whiteIsZero,
      plain:
        photometric === rgb
          ? samples === 3 || samples === 4
          : photometric !== palette && samples === 1,
    },
  }
}

/** @throws {PixelError} when strips or tiles lie outside the file, or are not there. */
async function requireWhole({ isTiled, fileDirectory }: GeoTIFFImage, size: number): Promise<void> {
  const offsets = await fileDirectory.loadValue(isTiled ? 'TileOffsets' : 'StripOffsets')
  const counts = await fileDirectory.loadValue(isTiled ? 'TileByteCounts' : 'StripByteCounts')
  if (offsets === undefined || counts === undefined || offsets.length === 0) {
    throw new PixelError('TIFF damaged: it does not say where its pixels are', 'broken')
  }
  for (let index = 0; index < offsets.length; index++) {
    const length = Number(counts[index])
    const end = Number(offsets[index]) + length
    if (end <= size && length > 0) continue
    throw new PixelError(
      `TIFF cut short: its ${isTiled ? 'tile' : 'strip'} ${index} has ${length} bytes up to ${end}, the file has ${size}`,
      'broken',
    )
  }
}

function requireAlike(first: ImageHeader, page: ImageHeader, number: number): void {
  const text = (of: ImageHeader) =>
    `${of.width}x${of.height} pixels of ${of.samples} x ${of.bitDepth} bits`
  if (text(first) === text(page)) return
  throw unsupported(`of unlike pages: page 1 has ${text(first)}, page ${number} ${text(page)}`)
}

function unsupported(what: string): PixelError {
  return new PixelError(`TIFF ${what}`, 'unsupported')
}
