import { readFile } from 'node:fs/promises'
import { type ImageHeader, PixelError, readHeader } from '@phenoprint/pixels'
import { ImageError } from '../errors.js'
import type { Channel } from '../screen/screen.js'
import { fieldPath } from './field-path.js'
import type { FieldReader } from './field-reader.js'
import type { ImageShape } from './tiling.js'

/** What every image of a screen must be, and the file that first said so. */
export interface ImageFormat {
  readonly shape: ImageShape
  readonly first: string
  /** One file a channel, one file with a plane for each, or a field of an OME-Zarr plate. */
  readonly layout: 'filePerChannel' | 'oneFile' | 'field'
  /** By channel: which plane of its file was chosen, from 0; null where none was. */
  readonly planes: readonly (number | null)[]
  /** Reads fields, where the images are such. */
  readonly fields: FieldReader
}

/**
 * The format of a screen's images, from the header of one of them.
 *
 * @param files How many files a site has.
 * @param channel Index of the channel whose file it is, where there is one for each.
 * @param fields Reads it where it is a field of an OME-Zarr plate.
 * @throws {ImageError} when the file is broken or its channels are not the screen's.
 */
export async function probeFormat(
  path: string,
  files: number,
  channels: readonly Channel[],
  channel: number,
  fields: FieldReader,
): Promise<ImageFormat> {
  const field = fieldPath(path) !== null
  const several = files === 1 && channels.length > 1 ? 'oneFile' : 'filePerChannel'
  const layout = field ? 'field' : several
  const header = field ? await fields.header(path) : await readImageHeader(path)
  const shape: ImageShape = {
    channels: channels.length,
    height: header.height,
    width: header.width,
    dtype: header.bitDepth === 8 ? 'uint8' : 'uint16',
  }
  const planes = channels.map(({ plane }) => plane ?? null)
  const format = { shape, first: path, layout, planes, fields } as const
  checkHeader(header, path, format, channel)
  return format
}

/**
 * What an image says of itself.
 *
 * @throws {ImageError} when it cannot be read, or is no image that is read.
 */
export async function readImageHeader(path: string): Promise<ImageHeader> {
  try {
    return await readHeader(await readFile(path))
  } catch (cause) {
    throw imageFault(path, cause)
  }
}

/**
 * Holds an image against what every image of the screen must be.
 *
 * @param channel Index of the channel whose file it is, where there is one for each.
 * @throws {ImageError} naming the file, what it is, and what was expected.
 */
export function checkHeader(
  { width, height, samples, bitDepth, alpha }: ImageHeader,
  path: string,
  { shape, first, layout, planes }: ImageFormat,
  channel: number,
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
  const wanted = layout === 'filePerChannel' ? [planes[channel] ?? null] : planes
  const got = `${samples} ${samples === 1 ? 'plane' : 'planes'} in the file${alpha ? ', one of them alpha' : ''}`
  if (wanted.some((plane) => plane !== null)) {
    const needed = Math.max(...wanted.map((plane, index) => plane ?? index)) + 1
    if (samples >= needed) return
    throw fault(got, `at least ${needed}`, 'Correct screen.channels[].plane, which counts from 1.')
  }
  const opaque = alpha && wanted.length === 3
  if (samples !== wanted.length && !opaque) {
    throw fault(
      got,
      layout === 'filePerChannel'
        ? '1 (grey): one file holds one channel'
        : `one for each of the screen's ${wanted.length} channels`,
      'Choose with screen.channels[].plane (from 1) which plane is which channel, or list as many channels as the file has.',
    )
  }
}

/** Anything that went wrong with an image file, as an error that names it. */
export function imageFault(path: string, cause: unknown): ImageError {
  if (cause instanceof ImageError) return cause
  const reason = cause instanceof Error ? cause.message : String(cause)
  const next =
    cause instanceof PixelError && cause.fault === 'unsupported'
      ? 'Convert it to a grey PNG or TIFF of 8 or 16 bits.'
      : 'Copy it anew from where it came, or leave its site out of the table.'
  return new ImageError(`image: ${path}: ${reason}. ${next}`, { cause })
}
