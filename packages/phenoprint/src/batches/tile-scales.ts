import type { FloatTile, Tile } from '@phenoprint/pixels'
import { type RobustScale, robustOfHistogram, robustOfValues } from './robust.js'

/** Median and deviation of the pixels of a tile, by channel, padding left out. */
export function tileScales(tile: Tile | FloatTile): RobustScale[] {
  const { pixels, channels } = tile
  const values = pixels instanceof Uint8Array ? 256 : 65536
  return Array.from({ length: channels }, (_, channel) => {
    const filled = filledPlane(tile, channel)
    if (filled instanceof Float32Array) return robustOfValues(filled)
    const counts = new Uint32Array(values)
    for (const value of filled) counts[value] = (counts[value] ?? 0) + 1
    return robustOfHistogram(counts, 1)
  })
}

/** The pixels of a channel without padding, in new memory. */
function filledPlane(tile: Tile | FloatTile, channel: number): Tile['pixels'] | Float32Array {
  const { pixels, height, width, filledHeight, filledWidth } = tile
  const plane = pixels.slice(0, filledHeight * filledWidth)
  for (let y = 0; y < filledHeight; y++) {
    const from = (channel * height + y) * width
    plane.set(pixels.subarray(from, from + filledWidth), y * filledWidth)
  }
  return plane
}
