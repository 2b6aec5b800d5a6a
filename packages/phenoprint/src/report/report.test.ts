import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { EarlierRunError, UsageError } from '../errors.js'
import { writeFileAtomic } from '../run/files.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { findBrowser } from '../testing/browser.js'
import { report } from './report.js'
import { type ReportedRuns, reportedRuns } from './report.test.support.js'

let runs: ReportedRuns
let browser: Browser
let path = ''

beforeAll(async () => {
  runs = await reportedRuns()
  const { files } = await report([runs.infer, runs.train], silentReporter)
  path = files[0] ?? ''
  browser = await chromium.launch({ executablePath: findBrowser(), args: ['--no-sandbox'] })
})
afterAll(async () => await browser?.close())

/** Opens the page from the disk; nothing may be said on the console, nor asked of a network. */
async function open(colorScheme: 'light' | 'dark' = 'light') {
  const page = await browser.newPage({ colorScheme, viewport: { width: 1200, height: 900 } })
  const said: string[] = []
  const asked: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(pathToFileURL(path).href)
  return { page, said, asked }
}

const inView = (page: Page, selector: string) =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const { top, bottom } = element.getBoundingClientRect()
      return bottom > 0 && top < 900
    })

describe('a report in a browser', () => {
  it('opens from the disk without an error, shows each plot, and asks for nothing else', async () => {
    const { page, said, asked } = await open()
    for (const plot of [
      'accuracy-all',
      'accuracy-cell-type',
      'accuracy-experiment',
      'confusion',
      'pairs-by-cell-type',
      'plate-outcome',
      'calibration',
      'loss',
      'curve-accuracy',
    ]) {
      const box = await page.locator(`[data-plot=${plot}] svg`).first().boundingBox()
      expect(box?.width, plot).toBeGreaterThan(100)
      expect(box?.height, plot).toBeGreaterThan(50)
    }
    expect(said).toEqual([])
    expect(asked.filter((url) => !url.startsWith('data:'))).toEqual([pathToFileURL(path).href])
    expect(readFileSync(path).byteLength).toBeLessThan(10e6)
  })

  it('shows the most confused pair and its wells beside controls after one click', async () => {
    const { page } = await open()
    const link = page.getByRole('link', {
      name: 'Most confused pair: some & many called all (4 units)',
    })
    expect((await link.boundingBox())?.y).toBeLessThan(900)
    await link.click()
    expect(await inView(page, '#pair-1')).toBe(true)
    const wells = page.locator('#pair-1 ~ .row').first().locator('[data-unit]')
    expect(await wells.count()).toBe(4)
    const images = wells.first().locator('img')
    expect(await images.count()).toBe(2)
    expect(await images.nth(1).getAttribute('alt')).toBe('Negative control B02 of the same plate')
    expect(await inView(page, '#pair-1 ~ .row img')).toBe(true)
  })

  it('changes what plate maps show by keyboard', async () => {
    const { page } = await open()
    const probability = page.locator('[data-plot=plate-probability]').first()
    expect(await probability.isVisible()).toBe(false)
    await page.locator('#value-outcome').focus()
    await page.keyboard.press('ArrowRight')
    expect(await probability.isVisible()).toBe(true)
    expect(await page.locator('[data-plot=plate-outcome]').first().isVisible()).toBe(false)
  })

  it('shows any value of a plate, and leads from a well to its row by keyboard', async () => {
    const { page } = await open()
    for (const [value, words] of [
      ['call', 'C02: all'],
      ['label', 'C02: some & many'],
      ['mean-1', /^C02: \d+\.\d$/],
    ] as const) {
      await page.locator(`#value-${value}`).check()
      const maps = page.locator(`[data-plot=plate-${value}]`)
      expect(await maps.first().isVisible(), value).toBe(true)
      const well = maps.first().getByLabel(words)
      expect(await well.first().isVisible(), value).toBe(true)
    }
    const links = page.locator('[data-plot=plate-mean-1] a').first()
    await links.focus()
    await page.keyboard.press('Enter')
    expect(new URL(page.url()).hash).toBe('#well-1-1-B03')
    expect(await inView(page, '#well-1-1-B03')).toBe(true)
    expect(await page.locator('#well-1-1-B03').innerText()).toContain('none')
  })

  it('is light or dark as the system is, with readable ink', async () => {
    const brightness = async (scheme: 'light' | 'dark') => {
      const { page } = await open(scheme)
      return await page.evaluate(
        "['backgroundColor', 'color'].map(key => Number(/\\d+/.exec(getComputedStyle(document.body)[key])[0]))",
      )
    }
    expect(await brightness('light')).toEqual([255, 26])
    expect(await brightness('dark')).toEqual([22, 238])
  })

  it('names every picture, and says that it is synthetic', async () => {
    const { page } = await open()
    expect(await page.locator('img:not([alt]), img[alt=""], svg:not([aria-label])').count()).toBe(0)
    expect(await page.locator('main').innerText()).toContain('Synthetic')
    expect(await page.evaluate('document.documentElement.lang')).toBe('en')
    const ids = await page.evaluate("[...document.querySelectorAll('[id]')].map(({ id }) => id)")
    expect(new Set(Array.isArray(ids) ? ids : []).size).toBe(Array.isArray(ids) ? ids.length : -1)
  })
})

describe('a report on several runs', () => {
  it('has their accuracy side by side, and the wells of each', async () => {
    const better = join(runs.infer, '../better')
    cpSync(runs.infer, better, { recursive: true })
    const calls = readFileSync(join(better, 'calls.csv'), 'utf8').split('\n')
    // One well that was called wrong is called right.
    const wrong = calls.findIndex((line) => line.endsWith(',wrong'))
    const cells = (calls[wrong] ?? '').split(',')
    const [label = '', name = ''] = cells.slice(-3)
    cells.splice(7, 2, label, name)
    cells.splice(-1, 1, 'right')
    writeFileSync(join(better, 'calls.csv'), calls.with(wrong, cells.join(',')).join('\n'))
    const { files } = await report([better, runs.infer], silentReporter)
    const page = await browser.newPage()
    await page.goto(pathToFileURL(files[0] ?? '').href)
    const order = await page.locator('#accuracy .legend').first().innerText()
    expect(order).toContain(better)
    expect(order.indexOf(runs.infer)).toBeGreaterThan(order.indexOf(better))
    const dots = page.locator('[data-plot=accuracy-all] svg circle')
    expect(await dots.count()).toBe(2)
    const [first, second] = await Promise.all([0, 1].map((i) => dots.nth(i).boundingBox()))
    expect(first?.y).toBeLessThan(second?.y ?? 0)
    expect(first?.x).toBeGreaterThan(second?.x ?? 0)
    for (const anchor of ['#pair-1', '#pair-2']) expect(await page.locator(anchor).count()).toBe(1)
  })
})

describe('report', () => {
  it('needs a run, and names what is no run', async () => {
    await expect(report([], silentReporter)).rejects.toThrow(UsageError)
    await expect(report([join(runs.infer, 'nowhere')], silentReporter)).rejects.toThrow(
      EarlierRunError,
    )
  })

  it('shows what explain drew, while it is small enough', async () => {
    const folder = join(runs.infer, '../explain')
    const config = configSchema.parse({ output: folder })
    using run = RunDirectory.open(folder, { verb: 'explain', config })
    for (const [name, bytes] of [
      ['a', 10],
      ['b', 3e6],
      ['c', 20],
    ] as const) {
      writeFileAtomic(run.path('pictures', `${name}.png`), Buffer.alloc(bytes, name))
    }
    run.finish({ status: 'done', figures: {}, files: [] })
    const { files } = await report([folder], silentReporter)
    const page = readFileSync(files[0] ?? '', 'utf8')
    expect(page).toContain('2 of the 3 sheets')
    for (const name of ['a', 'c']) {
      const bytes = Buffer.alloc(name === 'a' ? 10 : 20, name)
      expect(page).toContain(`base64,${bytes.toString('base64')}" alt="Site ${name}:`)
    }
  })

  it('names a table of calls that is broken', async () => {
    const { infer } = await reportedRuns()
    writeFileSync(join(infer, 'calls.csv'), 'a,b\n1,2\n')
    await expect(report([infer], silentReporter)).rejects.toThrow(
      'calls.csv is missing or no table',
    )
  })

  it('does without the store, and says so', async () => {
    const made = await reportedRuns()
    const store =
      /path: (\S+)/.exec(readFileSync(join(made.infer, 'config.yml'), 'utf8'))?.[1] ?? ''
    rmSync(store, { recursive: true })
    const { files } = await report([made.infer], silentReporter)
    const page = readFileSync(files[0] ?? '', 'utf8')
    expect(page).toContain('is not at hand')
    expect(page).not.toContain('<img')
  })
})
