import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { text } from './html.js'
import type { ReportedRun } from './reported-run.js'

/** Sheets in a page and their bytes, over all runs. */
const most = { sheets: 4, bytes: 2.5e6 } as const

/** What explain drew: sites, each above the pixels that speak for a class. */
export function saliencySection({ folder }: ReportedRun, index: number, runs: number): string {
  const pictures = join(folder, 'pictures')
  const names = readdirSync(pictures)
    .filter((name) => name.endsWith('.png'))
    .sort()
  let left = most.bytes / runs
  const shown: string[] = []
  for (const name of spread(names, Math.ceil(most.sheets / runs))) {
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

/** So many of some values, evenly from first to last. */
function spread<Value>(values: readonly Value[], count: number): Value[] {
  const step = Math.max(1, values.length / count)
  return values
    .filter((_, i) => Math.floor(i / step) !== Math.floor((i - 1) / step))
    .slice(0, count)
}
