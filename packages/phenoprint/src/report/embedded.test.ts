import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { writeEmbeddings } from '../embedding/embedding-file.js'
import { matrix } from '../evaluation/matrix.js'
import { unitRow } from '../prediction/predictions.test.support.js'
import { writeJson } from '../run/files.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { findBrowser } from '../testing/browser.js'
import { temporaryFolder } from '../testing/folder.js'
import { report } from './report.js'

/** A run of embed whose cell types lie apart along the first feature. */
function embeddedRun(units: number): string {
  const folder = join(temporaryFolder(), 'embed')
  const config = configSchema.parse({ output: folder })
  using run = RunDirectory.open(folder, { verb: 'embed', config })
  const rows = Array.from({ length: units }, (_, i) => unitRow(i, i % 3))
  const data = rows.flatMap(({ cellType }, i) => [
    cellType === 'U2OS' ? 10 : -10,
    Math.sin(i),
    Math.cos(7 * i) / 2,
  ])
  writeEmbeddings(run.path('embeddings.parquet'), rows, matrix(Float32Array.from(data), units, 3))
  writeJson(run.path('metrics.json'), { synthetic: true })
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
}

async function reported(folder: string): Promise<string> {
  const { files } = await report([folder], silentReporter)
  return files[0] ?? ''
}

it('embeddings are mapped, coloured by what the reader chooses', async () => {
  const path = await reported(embeddedRun(40))
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    args: ['--no-sandbox'],
  })
  try {
    const page = await browser.newPage()
    await page.goto(pathToFileURL(path).href)
    expect(await page.locator('main').innerText()).toContain('Synthetic')
    const map = (by: string) => page.locator(`[data-plot=embedding-${by}]`)
    expect(await map('cell-type').isVisible()).toBe(true)
    expect(await map('class').isVisible()).toBe(false)
    const colours = await map('cell-type')
      .locator('[aria-label=dot] path')
      .evaluateAll((dots) => dots.map((dot) => dot.getAttribute('stroke')))
    expect(colours).toHaveLength(40)
    expect(new Set(colours).size).toBe(2)
    const places = await map('cell-type')
      .locator('[aria-label=dot] path')
      .evaluateAll((dots) =>
        dots.map((dot) => [
          dot.querySelector('title')?.textContent?.includes('U2OS') ?? null,
          dot.getBoundingClientRect().x,
        ]),
      )
    const across = (isU2os: boolean) =>
      places.filter(([of]) => of === isU2os).map(([, x]) => Number(x))
    expect(
      Math.max(...across(false)) < Math.min(...across(true)) ||
        Math.max(...across(true)) < Math.min(...across(false)),
    ).toBe(true)
    await page.locator('#colour-cell-type').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    expect(await map('class').isVisible()).toBe(true)
    expect(await map('cell-type').isVisible()).toBe(false)
    expect(await page.locator('.for-colour-class .legend').innerText()).toContain('class 2')
  } finally {
    await browser.close()
  }
})

it('of many embeddings some are mapped, and the page says how many', async () => {
  const page = readFileSync(await reported(embeddedRun(3000)), 'utf8')
  expect(page).toContain('2400 of 3000 units')
  expect(Buffer.byteLength(page)).toBeLessThan(3e6)
})
