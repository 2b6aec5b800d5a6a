import { mirroredRange, type PixelMap } from '@phenoprint/pixels'
import type { ImagePart, TileShape } from '../store/tiling.js'
import type { Augmentation } from './augmentation.js'

/**
 * Where the pixels of an augmented tile come from: those of the part of an image that it would be,
 * cropped, then turned about the middle by `degrees` counter-clockwise, enlarged by `zoom` and moved.
 *
 * With c the middle, q a pixel of the tile and R the rotation of its content, it comes from
 * `p = c + R^-1 (q - c - shift) / zoom`; the crop of side s in a tile of side S then is
 * `s p + (S - s S) place`.
 */
export function tileMap(
  part: ImagePart,
  { zoomCrop, rotation }: Pick<Augmentation, 'zoomCrop' | 'rotation'>,
): PixelMap {
  const { height, width } = part
  const { side, top, left } = zoomCrop ?? { side: 1, top: 0, left: 0 }
  const { degrees, zoom, shiftY, shiftX } = rotation ?? noRotation
  const angle = (degrees / 180) * Math.PI
  const cosine = (side / zoom) * Math.cos(angle)
  const sine = (side / zoom) * Math.sin(angle)
  // Rows count downwards: the inverse of a turn to the left takes the right edge to the bottom.
  const [yPerY, yPerX, xPerY, xPerX] = [cosine, sine, -sine, cosine]
  const middleY = part.top + (height - side * height) * top + (side * height) / 2
  const middleX = part.left + (width - side * width) * left + (side * width) / 2
  // The first pixel, whose centre is at (1/2, 1/2).
  const fromY = 0.5 - height / 2 - shiftY * height
  const fromX = 0.5 - width / 2 - shiftX * width
  return {
    ...{ yPerY, yPerX, xPerY, xPerX },
    originY: middleY + yPerY * fromY + yPerX * fromX - 0.5,
    originX: middleX + xPerY * fromY + xPerX * fromX - 0.5,
  }
}

const noRotation = { degrees: 0, zoom: 1, shiftY: 0, shiftX: 0 } as const

/** The part of an image that a map of so many rows and columns reads, mirrored past its edges. */
export function partRead(map: PixelMap, { height, width }: TileShape, image: TileShape): ImagePart {
  const range = (origin: number, perY: number, perX: number, count: number) => {
    const ends = [0, perY * (height - 1)].flatMap((y) => [y, y + perX * (width - 1)])
    // Nearest neighbours lie up to half a pixel further.
    const last = origin + Math.max(...ends) + 0.5
    return mirroredRange(origin + Math.min(...ends), last, count)
  }
  const [top, bottom] = range(map.originY, map.yPerY, map.yPerX, image.height)
  const [left, right] = range(map.originX, map.xPerY, map.xPerX, image.width)
  return { top, left, height: bottom - top, width: right - left }
}
