import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentReporter } from '../run/reporter.js'
import { findBrowser } from '../testing/browser.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { report } from './report.js'
import { averagedRuns, embeddedRun, reportedRuns } from './report.test.support.js'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core'), 'utf8')

/** The rules broken in a page, each with what breaks it. */
const broken = `axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })
  .then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ html }) => html).join('; ')))`

let browser: Browser
let path = ''

beforeAll(async () => {
  const { infer, train } = await reportedRuns()
  const folder = keptFolder()
  const { output } = await averagedRuns(folder)
  const { files } = await report([infer, output, embeddedRun(folder, 40), train], silentReporter)
  path = files[0] ?? ''
  browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] })
})
afterAll(async () => {
  await browser?.close()
  removeKeptFolders()
})

describe.each(['light', 'dark'] as const)('a %s report', (colorScheme) => {
  it('breaks no rule of axe, with all that can be opened open', async () => {
    const page = await browser.newPage({ colorScheme })
    await page.goto(pathToFileURL(path).href)
    await page.addStyleTag({ content: '[class^="for-"] { display: block !important; }' })
    await page.evaluate("document.querySelectorAll('details').forEach((of) => { of.open = true })")
    for (const kind of ['plate-call', 'embedding-class', 'members', 'disagreement', 'loss']) {
      expect(await page.locator(`[data-plot=${kind}]`).first().isVisible(), kind).toBe(true)
    }
    await page.evaluate(axe)
    expect(await page.evaluate(broken)).toEqual([])
  })

  it('has text of plots that can be read: at least 4.5 to 1 against the page', async () => {
    const page = await browser.newPage({ colorScheme })
    await page.goto(pathToFileURL(path).href)
    const colours: unknown = await page.evaluate(`(() => {
      const back = getComputedStyle(document.body).backgroundColor
      const texts = [...document.querySelectorAll('.plot text')]
      return [back, ...new Set(texts.map((of) => getComputedStyle(of).fill))]
    })()`)
    const [back = '', ...inks] = Array.isArray(colours) ? colours.map(String) : []
    expect(inks.length).toBeGreaterThan(1)
    for (const ink of inks) expect(contrast(ink, back), ink).toBeGreaterThanOrEqual(4.5)
  })
})

/** As WCAG 2.1 defines it. */
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

function luminance(colour: string): number {
  const parts = (colour.match(/[\d.]+/g) ?? []).map((part) => Number(part) / 255)
  const [red = 0, green = 0, blue = 0] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  )
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
