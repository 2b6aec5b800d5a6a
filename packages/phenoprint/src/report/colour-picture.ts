import type { Pixels } from '@phenoprint/pixels'
import { ShapeError } from '../errors.js'
import type { Channel } from '../screen/screen.js'

/** A picture for people. */
export interface Picture {
  readonly width: number
  readonly height: number
  /** `[y, x, 3]`: red, green, blue. */
  readonly rgb: Uint8Array
}

export interface Size {
  readonly height: number
  readonly width: number
}

/** How channels are shown. */
export interface Display {
  /** Red, green and blue of each channel, 0 to 255. */
  readonly colours: readonly (readonly [red: number, green: number, blue: number])[]
  /** Value of each channel that is shown at full colour. */
  readonly brightest: readonly number[]
}

/** The display colour of a channel; white where the screen names none. */
export function colourOf({ color = 'FFFFFF' }: Channel): readonly [number, number, number] {
  const part = (at: number) => Number.parseInt(color.slice(at, at + 2), 16)
  return [part(0), part(2), part(4)]
}

/**
 * Channels in their colours, added up, as Recursion shows RxRx1: each value as a share of the
 * brightest, at most 1, times the colour, cut to an integer; sums end at 255.
 *
 * @param pixels `[channel, y, x]`
 * @param shown Which channels; others are left out.
 * @throws {ShapeError} when the display is of another number of channels.
 */
export function colourPicture(
  pixels: Pixels,
  { height, width }: Size,
  { colours, brightest }: Display,
  shown: readonly number[] = [...colours.keys()],
): Picture {
  const count = height * width
  if (pixels.length !== colours.length * count || brightest.length !== colours.length) {
    throw new ShapeError(
      `picture: got ${pixels.length} pixels, ${colours.length} colours and ${brightest.length} brightest values, expected ${colours.length} channels of ${height} x ${width}`,
    )
  }
  const rgb = new Uint8Array(3 * count)
  for (const channel of shown) {
    const colour = colours[channel] ?? [0, 0, 0]
    const top = brightest[channel] ?? 1
    for (let i = 0; i < count; i++) {
      const share = Math.min(1, (pixels[channel * count + i] ?? 0) / top)
      for (let part = 0; part < 3; part++) {
        const sum = (rgb[3 * i + part] ?? 0) + Math.trunc(share * (colour[part] ?? 0))
        rgb[3 * i + part] = Math.min(255, sum)
      }
    }
  }
  return { width, height, rgb }
}

/**
 * A value of each channel that few pixels exceed.
 *
 * @param images `[channel, y, x]` each.
 * @param share How many of a channel's pixels may be brighter.
 * @returns `[channel]`, at least 1.
 */
export function brightestOf(images: readonly Pixels[], channels: number, share: number): number[] {
  return Array.from({ length: channels }, (_, channel) => {
    const values = images.flatMap((pixels) => {
      const count = pixels.length / channels
      return [...pixels.subarray(channel * count, (channel + 1) * count)]
    })
    const sorted = Float64Array.from(values).sort()
    return Math.max(1, sorted[Math.ceil((1 - share) * sorted.length) - 1] ?? 1)
  })
}
