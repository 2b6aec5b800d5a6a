import type { Box, Mix } from './draw-mixes.js'

/** Images `[image, y, x, channel]`, of which some are mixed with others. */
export interface ImagesToMix {
  readonly images: Float32Array
  readonly channels: number
  readonly height: number
  readonly width: number
}

/**
 * Mixes images with others of the same memory, all as they were before.
 *
 * @param mixes For each of the first images what it takes of which other, or null.
 * @returns The first images, in new memory.
 */
export function mixImages(
  { images, channels, height, width }: ImagesToMix,
  mixes: readonly (Mix | null)[],
): Float32Array {
  const size = height * width * channels
  const mixed = images.slice(0, mixes.length * size)
  mixes.forEach((mix, place) => {
    if (mix === null) return
    const own = mixed.subarray(place * size, (place + 1) * size)
    const other = images.subarray(mix.partner * size, (mix.partner + 1) * size)
    if (mix.box === null) average(own, other, mix.share)
    else paste(own, other, mix.box, width * channels, channels)
  })
  return mixed
}

function average(own: Float32Array, other: Float32Array, share: number): void {
  for (let i = 0; i < own.length; i++) {
    own[i] = share * (own[i] ?? 0) + (1 - share) * (other[i] ?? 0)
  }
}

function paste(
  own: Float32Array,
  other: Float32Array,
  { top, left, bottom, right }: Box,
  row: number,
  channels: number,
): void {
  for (let y = top; y < bottom; y++) {
    const from = y * row + left * channels
    own.set(other.subarray(from, y * row + right * channels), from)
  }
}
