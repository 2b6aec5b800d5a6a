import type { CalledWell } from './called-wells.js'
import { text } from './html.js'
import type { WellPicture, WellPictures } from './well-pictures.js'

/**
 * Wells beside a control of their plate, in a row. Wells without an image are named in words.
 *
 * @param side No picture is wider or higher, in pixels.
 */
export async function wellFigures(
  wells: readonly CalledWell[],
  pictures: WellPictures | null,
  side: number,
): Promise<string> {
  const figures: string[] = []
  for (const well of wells)
    figures.push(wellFigure(well, (await pictures?.of(well.unit, side)) ?? null))
  return `<div class="row">${figures.join('')}</div>`
}

function wellFigure(well: CalledWell, picture: WellPicture | null): string {
  const sure =
    well.probability === null ? '' : `, probability ${(100 * well.probability).toFixed(0)} %`
  const label = well.label === '' ? '' : `; label ${well.label}`
  const words = `${well.unit} (${well.cellType}): called ${well.call}${sure}${label}`
  const beside = picture?.control ? `; right: control ${picture.control.well}` : ''
  return `<figure class="well" data-unit="${text(well.unit)}">${picture === null ? '' : images(well, picture)}<figcaption>${text(words + beside)}</figcaption></figure>`
}

function images(well: CalledWell, { width, height, well: own, control }: WellPicture): string {
  const image = (source: string, words: string) =>
    `<img src="${source}" width="${width}" height="${height}" alt="${text(words)}">`
  return [
    image(own, `Well ${well.well} of ${well.experiment}, plate ${well.plate}, all channels`),
    ...(control === null
      ? []
      : [image(control.picture, `Negative control ${control.well} of the same plate`)]),
  ].join('')
}
