import { cutTile as cut, type Pixels, type Tile } from '@phenoprint/pixels'

export type PixelType = 'uint8' | 'uint16'

/** The pixels of a site: what the store holds of each. */
export interface ImageShape {
  readonly channels: number
  readonly height: number
  readonly width: number
  readonly dtype: PixelType
}

export interface TileShape {
  readonly height: number
  readonly width: number
}

/** A rectangle of the pixels of an image. */
export interface ImagePart extends TileShape {
  readonly top: number
  readonly left: number
}

/**
 * Tiles of an image, row by row from the top left. The last row and column reach past the image
 * where its size is no multiple of the tile's; what lies outside is zero.
 */
export interface Tiling {
  readonly image: ImageShape
  readonly tile: TileShape
  readonly rows: number
  readonly columns: number
  readonly tilesPerSite: number
}

/** Tiles of a wanted size, cut down to the image where that is smaller. */
export function tiling(
  image: ImageShape,
  wanted: readonly [height: number, width: number],
): Tiling {
  const tile = {
    height: Math.min(wanted[0], image.height),
    width: Math.min(wanted[1], image.width),
  }
  const rows = Math.ceil(image.height / tile.height)
  const columns = Math.ceil(image.width / tile.width)
  return { image, tile, rows, columns, tilesPerSite: rows * columns }
}

/** The part of the image that a tile holds. */
export function filledPart({ image, tile, columns }: Tiling, index: number): ImagePart {
  const top = Math.floor(index / columns) * tile.height
  const left = (index % columns) * tile.width
  return {
    top,
    left,
    height: Math.min(tile.height, image.height - top),
    width: Math.min(tile.width, image.width - left),
  }
}

/** Pixels of a tile with what is known of its shape. */
export function asTile(of: Tiling, index: number, pixels: Pixels): Tile {
  const filled = filledPart(of, index)
  return {
    pixels,
    channels: of.image.channels,
    ...of.tile,
    filledHeight: filled.height,
    filledWidth: filled.width,
  }
}

/** A new array of a pixel type, all zero. */
export function emptyPixels(dtype: PixelType, length: number): Pixels {
  return dtype === 'uint8' ? new Uint8Array(length) : new Uint16Array(length)
}

/** A tile cut out of an image `[channel, y, x]`, padded with zeros: `[channel, y, x]`. */
export function cutTile(of: Tiling, index: number, image: Pixels): Pixels {
  const { top, left } = filledPart(of, index)
  return cut(image, of.image, of.tile, top, left)
}
