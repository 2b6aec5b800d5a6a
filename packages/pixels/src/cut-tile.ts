import type { Pixels } from './image.js'

/** An image `[channel, y, x]`. */
export interface PlanesShape {
  readonly channels: number
  readonly height: number
  readonly width: number
}

/** A tile cut out of an image from (top, left) on, padded with zeros past its edges: `[channel, y, x]`. */
export function cutTile(
  image: Pixels,
  { channels, height, width }: PlanesShape,
  tile: { readonly height: number; readonly width: number },
  top: number,
  left: number,
): Pixels {
  const size = channels * tile.height * tile.width
  const pixels = image instanceof Uint8Array ? new Uint8Array(size) : new Uint16Array(size)
  const filledHeight = Math.min(tile.height, height - top)
  const filledWidth = Math.min(tile.width, width - left)
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < filledHeight; y++) {
      const from = (c * height + top + y) * width + left
      pixels.set(image.subarray(from, from + filledWidth), (c * tile.height + y) * tile.width)
    }
  }
  return pixels
}
