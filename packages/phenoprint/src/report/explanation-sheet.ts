import { gaussianBlur, type Pixels } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import { litPicture, signedPicture } from './attribution-picture.js'
import { colourPicture, type Display, type Picture, type Size } from './colour-picture.js'
import { sheetOf } from './sheet.js'
import type { SiteAttribution } from './site-attribution.js'

/** A share of gradients this small is shown at full colour: a few pixels would darken all others. */
const cutOff = 0.005

/**
 * A site and its explanation: in the first row all channels in their colours and each by itself,
 * under each of them, a row a method, what of it speaks for the class.
 *
 * @param pixels Of the site, `[channel, y, x]`.
 */
export function explanationSheet(
  pixels: Pixels,
  attribution: SiteAttribution,
  size: Size,
  display: Display,
  { methods, blur }: Pick<Section<'explain'>, 'methods' | 'blur'>,
): Picture {
  const channels = [...display.colours.keys()]
  const shown = [
    colourPicture(pixels, size, display),
    ...channels.map((channel) => colourPicture(pixels, size, display, [channel])),
  ]
  const rows = methods.map((method) =>
    method === 'gradientInput'
      ? gradientRow(attribution.gradientInput, channels.length, size, blur)
      : shown.map((picture) =>
          litPicture(picture, attribution.gradCam, greatest(attribution.gradCam)),
        ),
  )
  return sheetOf([shown, ...rows])
}

/** The sum over channels, then each channel; channels are on one scale. */
function gradientRow(values: Float32Array, channels: number, size: Size, blur: number): Picture[] {
  const count = size.height * size.width
  const blurred = Float32Array.from(values)
  const total = new Float32Array(count)
  for (let channel = 0; channel < channels; channel++) {
    const plane = blurred.subarray(channel * count, (channel + 1) * count)
    gaussianBlur(plane, size.height, size.width, blur)
    plane.forEach((value, i) => {
      total[i] = (total[i] ?? 0) + value
    })
  }
  const top = usualTop(blurred)
  return [
    signedPicture(total, size, usualTop(total)),
    ...Array.from({ length: channels }, (_, channel) =>
      signedPicture(blurred.subarray(channel * count, (channel + 1) * count), size, top),
    ),
  ]
}

function usualTop(values: Float32Array): number {
  const sorted = values.map(Math.abs).sort()
  return sorted[Math.ceil((1 - cutOff) * sorted.length) - 1] ?? 0
}

function greatest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}
