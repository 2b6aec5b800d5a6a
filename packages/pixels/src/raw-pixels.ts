import { Transformer } from '@napi-rs/image'
import { PixelError } from './errors.js'

/** Pixels as stored: 8 or 16 bits, unsigned. */
export type Pixels = Uint8Array | Uint16Array

/**
 * All samples of an image, interleaved, in memory of their own.
 *
 * @param kind What the bytes are, for the message.
 * @throws {PixelError} when they are damaged.
 */
export async function rawPixels(
  bytes: Uint8Array,
  bitDepth: 8 | 16,
  kind: 'PNG' | 'JPEG' | 'TIFF',
): Promise<Pixels> {
  try {
    const raw = await new Transformer(bytes).rawPixels()
    if (bitDepth === 8) return raw
    // A 16-bit view needs an even start.
    const even = raw.byteOffset % 2 === 0 ? raw : Uint8Array.from(raw)
    return new Uint16Array(even.buffer, even.byteOffset, even.byteLength >> 1)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new PixelError(`${kind} damaged: ${reason}`, 'broken', { cause: error })
  }
}

/**
 * Copies a sample of each pixel into a plane.
 *
 * @param source Interleaved, `stride` values a pixel.
 * @param target From `offset` on, `count` values.
 */
export function copyPlane(
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
