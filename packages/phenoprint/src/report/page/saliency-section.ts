import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from './html.js'
import { type PageLimits, spread } from './limits.js'
import type { ReportedRun } from './reported-run.js'

/** What explain drew: sites, each above the pixels that speak for a class. */
export function saliencySection(
  { folder }: ReportedRun,
  index: number,
  runs: number,
  limits: PageLimits,
): string {
  const pictures = join(folder, 'pictures')
  const names = readdirSync(pictures)
    .filter((name) => name.endsWith('.png'))
    .sort()
  let left = limits.sheetBytes / runs
  const shown: string[] = []
  for (const name of spread(names, Math.ceil(limits.sheets / runs))) {
    const path = join(pictures, name)
    // In base64, four characters stand for three bytes.
    const bytes = (4 / 3) * statSync(path).size
    if (bytes > left) continue
    left -= bytes
    const words = `Site ${name.slice(0, -'.png'.length)}: all channels, then each; below them what speaks for the class (orange, or bright) and against it (blue)`
    shown.push(
      `<figure data-plot="saliency"><div class="scroll" tabindex="0" role="group" aria-label="${text(name)}"><img src="data:image/png;base64,${readFileSync(path).toString('base64')}" alt="${text(words)}"></div><figcaption>${text(words)}</figcaption></figure>`,
    )
  }
  return `<section id="saliency-${index + 1}"><h2>Saliency: ${text(folder)}</h2><p>${shown.length} of the ${names.length} sheets in ${text(pictures)}; larger ones would make this page too heavy.</p>${shown.join('')}</section>`
}
