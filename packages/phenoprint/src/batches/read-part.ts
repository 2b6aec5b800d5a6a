import type { Tile } from '@phenoprint/pixels'
import { emptyPixels, filledPart, type ImagePart, type Tiling } from '../store/tiling.js'

/**
 * Any part of an image, put together from the tiles it lies in.
 *
 * @param part Inside the image.
 * @param tileOf A tile of the image.
 */
export async function readPart(
  of: Tiling,
  part: ImagePart,
  tileOf: (index: number) => Tile | Promise<Tile>,
): Promise<Tile> {
  const { channels, dtype } = of.image
  const { height, width } = part
  const pixels = emptyPixels(dtype, channels * height * width)
  const indices = tilesUnder(of, part)
  const tiles = await Promise.all(indices.map(tileOf))
  tiles.forEach((tile, i) => {
    copyShared(tile, filledPart(of, indices[i] ?? -1), part, pixels)
  })
  return { pixels, channels, height, width, filledHeight: height, filledWidth: width }
}

/** The tiles of an image that a part of it lies in. */
function tilesUnder({ tile, columns }: Tiling, { top, left, height, width }: ImagePart): number[] {
  const indices: number[] = []
  for (let row = Math.floor(top / tile.height); row * tile.height < top + height; row++) {
    for (let column = Math.floor(left / tile.width); column * tile.width < left + width; column++) {
      indices.push(row * columns + column)
    }
  }
  return indices
}

/** Copies what a tile and a part of the image have in common. */
function copyShared(tile: Tile, lies: ImagePart, part: ImagePart, pixels: Tile['pixels']): void {
  const top = Math.max(lies.top, part.top)
  const bottom = Math.min(lies.top + lies.height, part.top + part.height)
  const left = Math.max(lies.left, part.left)
  const right = Math.min(lies.left + lies.width, part.left + part.width)
  for (let c = 0; c < tile.channels; c++) {
    for (let y = top; y < bottom; y++) {
      const from = (c * tile.height + y - lies.top) * tile.width - lies.left
      const to = (c * part.height + y - part.top) * part.width + left - part.left
      pixels.set(tile.pixels.subarray(from + left, from + right), to)
    }
  }
}
