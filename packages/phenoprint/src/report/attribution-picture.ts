import type { Picture, Size } from './colour-picture.js'

/** For a class, and against it: told apart by colour-blind eyes too (Okabe & Ito 2008). */
const forClass = [230, 159, 0] as const
const againstClass = [86, 180, 233] as const

/** What is left of a picture where a map is 0. */
const unlit = 0.15

/**
 * Values above 0 in orange, below it in blue, the stronger the brighter.
 *
 * @param values `[y, x]`
 * @param top The distance from 0 that is shown at full colour.
 */
export function signedPicture(values: Float32Array, { height, width }: Size, top: number): Picture {
  const rgb = new Uint8Array(3 * height * width)
  values.forEach((value, i) => {
    const share = top > 0 ? Math.min(1, Math.abs(value) / top) : 0
    const colour = value > 0 ? forClass : againstClass
    colour.forEach((part, at) => {
      rgb[3 * i + at] = Math.trunc(share * part)
    })
  })
  return { width, height, rgb }
}

/**
 * A picture as bright as a map says, and dim where it is 0.
 *
 * @param map `[y, x]`, at least 0.
 * @param top The value at which the picture has its own brightness.
 */
export function litPicture(
  { width, height, rgb }: Picture,
  map: Float32Array,
  top: number,
): Picture {
  const lit = new Uint8Array(rgb.length)
  map.forEach((value, i) => {
    const share = unlit + (1 - unlit) * (top > 0 ? Math.min(1, value / top) : 0)
    for (let at = 3 * i; at < 3 * i + 3; at++) lit[at] = Math.round(share * (rgb[at] ?? 0))
  })
  return { width, height, rgb: lit }
}
