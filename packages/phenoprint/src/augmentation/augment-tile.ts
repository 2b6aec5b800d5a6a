import {
  type FloatTile,
  filledPlane,
  gaussianBlur,
  type ImageRegion,
  type Normalisation,
  putPlane,
  warp,
} from '@phenoprint/pixels'
import type { ImagePart, TileShape } from '../store/tiling.js'
import type { Augmentation } from './augmentation.js'
import { tileMap } from './tile-map.js'

/** Whether pixels come from elsewhere than from their own places. */
export function movesPixels({ zoomCrop, rotation }: Augmentation): boolean {
  return zoomCrop !== null || rotation !== null
}

/** Whether an augmentation makes other pixels than the image has. */
export function changesPixels(of: Augmentation): boolean {
  return movesPixels(of) || of.sigma > 0
}

/**
 * A tile drawn anew: cropped, turned, enlarged, moved and blurred.
 *
 * @param region What it reads of its image.
 * @param part Which part of the image it would be; of this size is what is drawn.
 * @param padded Size of the tile, with padding.
 */
export function augmentTile(
  region: ImageRegion,
  part: ImagePart,
  of: Augmentation,
  padded: TileShape,
): FloatTile {
  const { channels } = region
  const { height, width } = padded
  const pixels = new Float32Array(channels * height * width)
  const filled = { filledHeight: part.height, filledWidth: part.width }
  const tile = { pixels, channels, height, width, ...filled }
  warp(region, tileMap(part, of), tile, of.interpolation)
  if (of.sigma > 0) blurFilled(tile, of.sigma)
  return tile
}

function blurFilled(tile: FloatTile, sigma: number): void {
  for (let channel = 0; channel < tile.channels; channel++) {
    const plane = filledPlane(tile, channel)
    gaussianBlur(plane, tile.filledHeight, tile.filledWidth, sigma)
    putPlane(plane, tile, channel)
  }
}

/**
 * Normalisation, and after it gain and offset: `gain * normalised + offset`. A channel that is
 * missing, whose scale is 0, stays 0.
 */
export function withGain(
  { centre, scale }: Normalisation,
  { gain, offset }: Augmentation,
): Normalisation {
  if (gain === null && offset === null) return { centre, scale }
  const factor = scale.map((of, c) => of * (gain?.[c] ?? 1))
  return {
    scale: factor,
    // (value - centre) factor + offset = (value - (centre - offset / factor)) factor
    centre: centre.map((of, c) =>
      factor[c] === 0 ? of : of - (offset?.[c] ?? 0) / (factor[c] ?? 1),
    ),
  }
}
