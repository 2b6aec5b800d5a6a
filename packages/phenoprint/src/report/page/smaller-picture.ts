import type { Picture } from '../colour-picture.js'

/**
 * A picture made smaller by a whole number, so that neither side is longer than asked for: each pixel
 * is the mean of a square of pixels. What is left over at the right and at the bottom is cut off.
 *
 * @param side At least 1, in pixels.
 */
export function smallerPicture(picture: Picture, side: number): Picture {
  const by = Math.ceil(Math.max(picture.width, picture.height) / side)
  if (by <= 1) return picture
  const width = Math.max(1, Math.floor(picture.width / by))
  const height = Math.max(1, Math.floor(picture.height / by))
  const rgb = new Uint8Array(3 * width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let part = 0; part < 3; part++) {
        rgb[3 * (y * width + x) + part] = Math.round(meanOf(picture, x * by, y * by, by, part))
      }
    }
  }
  return { width, height, rgb }
}

function meanOf(
  { width, height, rgb }: Picture,
  left: number,
  top: number,
  by: number,
  part: number,
): number {
  let sum = 0
  let count = 0
  for (let y = top; y < Math.min(height, top + by); y++) {
    for (let x = left; x < Math.min(width, left + by); x++) {
      sum += rgb[3 * (y * width + x) + part] ?? 0
      count++
    }
  }
  return sum / count
}
