import { PixelError } from './errors.js'
import type { ImageHeader } from './image-header.js'

/** A JPEG starts with the marker SOI and another one (ITU-T T.81, B.2.1). */
export const jpegSignature = Uint8Array.of(0xff, 0xd8, 0xff)

const startOfScan = 0xda
const endOfImage = 0xd9
/** Baseline, extended sequential, progressive: Huffman-coded, with losses. */
const framesRead = new Set([0xc0, 0xc1, 0xc2])
/** DHT, JPG and DAC stand among the frames' markers, and are none. */
const notFrames = new Set([0xc4, 0xc8, 0xcc])

/**
 * The header of a JPEG: its frame (ITU-T T.81, B.2.2). Colours are read as RGB.
 *
 * @param bytes The whole file: it must end as a JPEG does, for there is no checksum in it.
 * @throws {PixelError} when it is cut short, damaged, or of a kind that is not read.
 */
export function readJpegHeader(bytes: Uint8Array): ImageHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let header: ImageHeader | null = null
  for (let at = 2; ; ) {
    while (bytes[at] === 0xff && bytes[at + 1] === 0xff) at++
    const marker = bytes[at + 1]
    if (at + 4 > bytes.length || marker === undefined) throw cutShort(bytes)
    if (bytes[at] !== 0xff) {
      throw new PixelError(`JPEG damaged: no marker at byte ${at}, where one must be`, 'broken')
    }
    if (marker === startOfScan) {
      if (header === null) throw new PixelError('JPEG damaged: it has no frame', 'broken')
      if (!endsAfter(bytes, at)) throw cutShort(bytes)
      return header
    }
    const length = view.getUint16(at + 2)
    if (at + 2 + length > bytes.length) throw cutShort(bytes)
    if (marker >= 0xc0 && marker <= 0xcf && !notFrames.has(marker)) {
      header = frame(new DataView(bytes.buffer, bytes.byteOffset + at + 4, length - 2), marker)
    }
    at += 2 + length
  }
}

function frame(data: DataView, marker: number): ImageHeader {
  if (data.byteLength < 6) throw new PixelError('JPEG damaged: its frame is cut short', 'broken')
  const bits = data.getUint8(0)
  const height = data.getUint16(1)
  const width = data.getUint16(3)
  const samples = data.getUint8(5)
  if (!framesRead.has(marker) || bits !== 8) {
    throw new PixelError(
      `JPEG of ${bits} bits a sample, frame ${marker.toString(16)}; 8 bits, baseline or progressive, are read`,
      'unsupported',
    )
  }
  if (samples !== 1 && samples !== 3) {
    throw new PixelError(`JPEG of ${samples} colours; grey and RGB are read`, 'unsupported')
  }
  if (width === 0 || height === 0) {
    throw new PixelError(`JPEG damaged: header says ${width}x${height} pixels`, 'broken')
  }
  return { width, height, samples, bitDepth: 8, alpha: false }
}

function endsAfter(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.length - 2; at > from; at--) {
    if (bytes[at] === 0xff && bytes[at + 1] === endOfImage) return true
  }
  return false
}

function cutShort(bytes: Uint8Array): PixelError {
  return new PixelError(
    `JPEG cut short: it ends after ${bytes.length} bytes, without its end (EOI)`,
    'broken',
  )
}
