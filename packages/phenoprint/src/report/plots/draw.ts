import * as Plot from '@observablehq/plot'
import { parseHTML } from 'linkedom'

/** What a plot shows, for those who do not see it. */
export interface PlotWords {
  /** In a few words. */
  readonly title: string
  /** What can be read from it. */
  readonly description: string
  /** Whether links in it lead elsewhere: a picture that is one whole would hide them from screen readers. */
  readonly links?: boolean
}

/**
 * Draws a plot as SVG, without a browser. Colours that are CSS variables follow the page, light or dark.
 *
 * @param options As Observable Plot has them; axes name their units.
 * @returns An `<svg>` element with a title and a description.
 */
export function draw(
  options: Plot.PlotOptions,
  { title, description, links = false }: PlotWords,
): string {
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  return (
    Plot.plot({
      document,
      className: 'plot',
      ariaLabel: title,
      ariaDescription: description,
      ...options,
    })
      .outerHTML.replace('<svg ', `<svg role="${links ? 'group' : 'img'}" `)
      // Groups of marks have no role that could bear a name.
      .replaceAll(/(<g [^>]*?) ?aria-label="[^"]*"/g, '$1')
      .replaceAll(' xlink:href=', ' href=')
      .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
  )
}
