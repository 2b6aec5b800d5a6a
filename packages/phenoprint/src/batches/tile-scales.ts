import { type FloatTile, filledPlane, type Tile } from '@phenoprint/pixels'
import { type RobustScale, robustOfHistogram, robustOfValues } from './robust.js'

/** Median and deviation of the pixels of a tile, by channel, padding left out. */
export function tileScales(tile: Tile | FloatTile): RobustScale[] {
  const { pixels, channels } = tile
  const values = pixels instanceof Uint8Array ? 256 : 65536
  return Array.from({ length: channels }, (_, channel) => {
    const filled = filledPlane(tile, channel)
    if (pixels instanceof Float32Array) return robustOfValues(filled)
    const counts = new Uint32Array(values)
    for (const value of filled) counts[value] = (counts[value] ?? 0) + 1
    return robustOfHistogram(counts, 1)
  })
}
