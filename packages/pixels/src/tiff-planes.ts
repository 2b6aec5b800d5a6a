import { PixelError } from './errors.js'
import type { ImageHeader } from './image-header.js'
import { copyPlane, type Pixels, rawPixels } from './raw-pixels.js'
import type { TiffPage, TiffPages } from './tiff.js'

/**
 * Decodes planes of a TIFF, its samples page by page.
 *
 * What most microscopes write goes through the native decoder, on a thread of Node's; what that one
 * does not take (BigTIFF, look-up tables, more than four samples a pixel) through the general one.
 *
 * @param target `[plane, y, x]`, of the TIFF's depth.
 * @throws {PixelError} when it is damaged, or of a kind that is not read.
 */
export async function decodeTiff(
  bytes: Uint8Array,
  tiff: TiffPages,
  samples: readonly number[],
  target: Pixels,
): Promise<void> {
  const { header, pages } = tiff
  const perPage = header.samples / pages.length
  for (const [index, page] of pages.entries()) {
    const wanted = samples.flatMap((sample, plane) =>
      Math.floor(sample / perPage) === index ? [{ sample: sample % perPage, plane }] : [],
    )
    if (wanted.length > 0) await decodePage(bytes, tiff, page, wanted, target)
  }
}

interface Wanted {
  readonly sample: number
  readonly plane: number
}

async function decodePage(
  bytes: Uint8Array,
  tiff: TiffPages,
  page: TiffPage,
  wanted: readonly Wanted[],
  target: Pixels,
): Promise<void> {
  const { header } = tiff
  const count = header.width * header.height
  const fast = page.plain && !tiff.bigTiff ? await nativePage(bytes, tiff, page) : null
  if (fast !== null) {
    for (const { sample, plane } of wanted) {
      copyPlane(fast, page.samples, sample, target, plane * count, count)
    }
    return
  }
  const planes = await generalPage(tiff, page, wanted)
  for (const [index, { plane }] of wanted.entries()) {
    const values = planes[index]
    if (values?.length !== count) throw damaged('it decodes to another size', header)
    const part = target.subarray(plane * count, (plane + 1) * count)
    part.set(values)
    if (!page.whiteIsZero) continue
    const white = header.bitDepth === 8 ? 255 : 65535
    for (let i = 0; i < count; i++) part[i] = white - (part[i] ?? 0)
  }
}

/** All samples of a page, interleaved; null where the native decoder does not take it. */
async function nativePage(
  bytes: Uint8Array,
  { header, pages, littleEndian }: TiffPages,
  page: TiffPage,
): Promise<Pixels | null> {
  let file = bytes
  if (page !== pages[0]) {
    // It decodes the first page: one whose directory the header names (TIFF 6.0, section 2).
    file = Uint8Array.from(bytes)
    new DataView(file.buffer).setUint32(4, page.directory, littleEndian)
  }
  const raw = await rawPixels(file, header.bitDepth, 'TIFF').catch((error) => {
    if (error instanceof PixelError) return null
    throw error
  })
  return raw?.length === header.width * header.height * page.samples ? raw : null
}

async function generalPage(
  { header, littleEndian }: TiffPages,
  { image }: TiffPage,
  wanted: readonly Wanted[],
): Promise<readonly ArrayLike<number>[]> {
  try {
    const differences = (await image.fileDirectory.loadValue('Predictor')) === 2
    // geotiff 3.0.5 adds up differences of 16 bits in the machine's byte order, not the file's.
    if (differences && header.bitDepth === 16 && !littleEndian) {
      throw new PixelError(
        'TIFF of big-endian differences (predictor 2) in a form that is not read. Save it again without predictor',
        'unsupported',
      )
    }
    const planes = await image.readRasters({ samples: wanted.map(({ sample }) => sample) })
    return Array.isArray(planes) ? planes : [planes]
  } catch (error) {
    if (error instanceof PixelError) throw error
    throw damaged(error instanceof Error ? error.message : String(error), header, error)
  }
}

function damaged(reason: string, { width, height }: ImageHeader, cause?: unknown): PixelError {
  return new PixelError(`TIFF of ${width}x${height} pixels damaged: ${reason}`, 'broken', { cause })
}
