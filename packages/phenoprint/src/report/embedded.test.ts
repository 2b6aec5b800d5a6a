import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { chromium } from 'playwright-core'
import { expect, it } from 'vitest'
import { silentReporter } from '../run/reporter.js'
import { findBrowser } from '../testing/browser.js'
import { temporaryFolder } from '../testing/folder.js'
import { report } from './report.js'
import { embeddedRun } from './report.test.support.js'

async function reported(folder: string): Promise<string> {
  const { files } = await report([folder], silentReporter)
  return files[0] ?? ''
}

it('embeddings are mapped, coloured by what the reader chooses', async () => {
  const path = await reported(embeddedRun(temporaryFolder(), 40))
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
      .locator('path:has(title)')
      .evaluateAll((dots) => dots.map((dot) => dot.getAttribute('stroke')))
    expect(colours).toHaveLength(40)
    expect(new Set(colours).size).toBe(2)
    const places = await map('cell-type')
      .locator('path:has(title)')
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
  const page = readFileSync(await reported(embeddedRun(temporaryFolder(), 3000)), 'utf8')
  expect(page).toContain('2400 of 3000 units')
  expect(Buffer.byteLength(page)).toBeLessThan(3e6)
})
