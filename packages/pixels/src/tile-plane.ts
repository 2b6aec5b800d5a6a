import type { FloatTile, Tile } from './place-tile.js'

/** The pixels of a channel without padding, `[y, x]` in new memory. */
export function filledPlane(tile: Tile | FloatTile, channel: number): Float32Array {
  const { pixels, height, width, filledHeight, filledWidth } = tile
  const plane = new Float32Array(filledHeight * filledWidth)
  for (let y = 0; y < filledHeight; y++) {
    const from = (channel * height + y) * width
    plane.set(pixels.subarray(from, from + filledWidth), y * filledWidth)
  }
  return plane
}

/** Puts such pixels into a tile. */
export function putPlane(plane: Float32Array, tile: FloatTile, channel: number): void {
  const { pixels, height, width, filledHeight, filledWidth } = tile
  for (let y = 0; y < filledHeight; y++) {
    const row = plane.subarray(y * filledWidth, (y + 1) * filledWidth)
    pixels.set(row, (channel * height + y) * width)
  }
}
