import { open } from 'node:fs/promises'
import { type ImageHeader, PixelError, pngHeaderBytes, readHeader } from '@phenoprint/pixels'
import { ImageError } from '../errors.js'
import type { ImageShape } from './tiling.js'

/** What every image of a screen must be, and the file that first said so. */
export interface ImageFormat {
  readonly shape: ImageShape
  readonly first: string
  /** One grey file a channel, or one file with a sample for each. */
  readonly layout: 'filePerChannel' | 'oneFile'
}

/**
 * The format of a screen's images, from the header of one of them.
 *
 * @param files How many files a site has.
 * @throws {ImageError} when the file is broken or its channels are not the screen's.
 */
export async function probeFormat(
  path: string,
  files: number,
  channels: number,
): Promise<ImageFormat> {
  const layout = files === 1 && channels > 1 ? 'oneFile' : 'filePerChannel'
  const header = await readImageHeader(path)
  const shape: ImageShape = {
    channels,
    height: header.height,
    width: header.width,
    dtype: header.bitDepth === 8 ? 'uint8' : 'uint16',
  }
  const format = { shape, first: path, layout } as const
  checkHeader(header, path, format)
  return format
}

/**
 * What the first bytes of an image say of it.
 *
 * @throws {ImageError} when it cannot be read, or is no image that is read.
 */
export async function readImageHeader(path: string): Promise<ImageHeader> {
  try {
    const file = await open(path)
    try {
      const start = Buffer.alloc(pngHeaderBytes)
      const { buffer, bytesRead } = await file.read(start, 0, start.length, 0)
      return readHeader(buffer.subarray(0, bytesRead))
    } finally {
      await file.close()
    }
  } catch (cause) {
    throw imageFault(path, cause)
  }
}

/**
 * Holds an image against what every image of the screen must be.
 *
 * @throws {ImageError} naming the file, what it is, and what was expected.
 */
export function checkHeader(
  { width, height, samples, bitDepth }: ImageHeader,
  path: string,
  { shape, first, layout }: ImageFormat,
): void {
  const fault = (got: string, expected: string, next: string) => {
    const like = path === first ? '' : ` like ${first}`
    return new ImageError(`image: ${path}: got ${got}, expected ${expected}${like}. ${next}`)
  }
  if (width !== shape.width || height !== shape.height) {
    throw fault(
      `${width}x${height} pixels`,
      `${shape.width}x${shape.height}`,
      'All images of a screen have one size: crop or leave out the odd ones.',
    )
  }
  const bits = shape.dtype === 'uint8' ? 8 : 16
  if (bitDepth !== bits) {
    throw fault(
      `${bitDepth} bits a pixel`,
      `${bits}`,
      'All images of a screen have one depth: save the odd ones with it.',
    )
  }
  const expected = layout === 'oneFile' ? shape.channels : 1
  const alpha = expected === 3 && samples === 4
  if (samples !== expected && !alpha) {
    throw fault(
      `${samples} channels in the file (${describeSamples(samples)})`,
      layout === 'oneFile' ? `the screen's ${expected}` : '1 (grey): one file holds one channel',
      'Save it with as many, or list as many in screen.channels as the file has.',
    )
  }
}

function describeSamples(samples: number): string {
  return ['grey', 'grey and alpha', 'RGB', 'RGBA'][samples - 1] ?? 'unknown'
}

/** Anything that went wrong with an image file, as an error that names it. */
export function imageFault(path: string, cause: unknown): ImageError {
  if (cause instanceof ImageError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const next =
    cause instanceof PixelError && cause.fault === 'unsupported'
      ? 'Convert it to a grey PNG of 8 or 16 bits.'
      : 'Copy it anew from where it came, or leave its site out of the table.'
  return new ImageError(`image: ${path}: ${reason}. ${next}`, { cause })
}
