import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeKeptFolders } from '../../phenoprint/dist/testing/kept-folder.js'
import { openPage, startBrowser } from './browser.test.support.js'
import { PageServer } from './server/page-server.js'
import { epoch, places, type ServedRuns, servedRuns } from './server/served.test.support.js'

const rows = 'BCDEFGHIJKLMNO'
/** 14 x 22 wells, as those of a plate of 384 that are not at its edge. */
const wells = [...rows].flatMap((row) =>
  Array.from({ length: 22 }, (_, i) => `${row}${String(i + 2).padStart(2, '0')}`),
)
let browser: Browser
let runs: ServedRuns
let server: PageServer

beforeAll(async () => {
  browser = await startBrowser()
  const plates = ['1', '2', '3', '4']
  runs = await servedRuns({ height: 8, width: 8, plates, wells, sites: 1 })
  server = await PageServer.start(runs.folder, { host: '127.0.0.1', port: 0 })
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  runs?.training.close()
  removeKeptFolders()
})

describe('a running training', () => {
  it('is followed: each epoch is drawn as it is written, without the page being loaded again', async () => {
    const { page, faults } = await openPage(browser, `${server.address}run?path=${places.train}`)
    const last = page.locator('[aria-live]')
    await expect.poll(async () => await last.textContent()).toContain('Epoch 1 of 5')
    await page.evaluate('window.same = true')
    const drawn = async () =>
      await page.locator('[data-plot=loss] svg').evaluate((svg) => svg.outerHTML)
    const before = await drawn()
    epoch(runs.training, 2)
    epoch(runs.training, 3)
    await expect.poll(async () => await last.textContent()).toContain('Epoch 3 of 5: loss 1.000')
    expect(await drawn()).not.toBe(before)
    expect(await page.evaluate('window.same')).toBe(true)
    expect(faults).toEqual([])
    await page.close()
  })
})

describe('the way from the list to a well', () => {
  it('leads there by links, and back and forward by the browser', async () => {
    const { page, faults } = await openPage(browser, server.address)
    const heading = async () => await page.getByRole('heading', { level: 1 }).textContent()
    await page.getByRole('link', { name: places.store }).click()
    await expect.poll(heading).toBe(places.store)
    await page.getByRole('link', { name: 'E1/2', exact: true }).click()
    await expect.poll(heading).toBe('Plate E1/2')
    await page.getByLabel('Colour by').selectOption('class')
    await page.getByRole('link', { name: 'C05', exact: false }).first().click()
    await expect.poll(heading).toBe('C05, plate E1/2')
    const well = page.url()
    await page.goBack()
    await expect.poll(heading).toBe('Plate E1/2')
    expect(await page.getByLabel('Colour by').inputValue()).toBe('class')
    await page.goBack()
    await expect.poll(heading).toBe(places.store)
    await page.goForward()
    await page.goForward()
    await expect.poll(heading).toBe('C05, plate E1/2')
    expect(page.url()).toBe(well)
    const shared = await openPage(browser, well)
    const title = shared.page.getByRole('heading', { level: 1 })
    await expect.poll(async () => await title.textContent()).toBe('C05, plate E1/2')
    expect([...faults, ...shared.faults]).toEqual([])
    await shared.page.close()
    await page.close()
  })

  it('goes by keys alone', async () => {
    const address = `${server.address}plate?store=${places.store}&plate=E1/1`
    const { page, faults } = await openPage(browser, address)
    const map = page.locator('[data-plot=well-map] a').first()
    await map.focus()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await expect.poll(() => new URL(page.url()).pathname).toBe('/well')
    expect(faults).toEqual([])
    await page.close()
  })
})

describe('a plate', () => {
  it('is coloured by what a run made of its wells, and tells each well in words', async () => {
    const params = new URLSearchParams({ store: places.store, plate: 'E1/1', run: places.infer })
    const { page, faults } = await openPage(browser, `${server.address}plate?${params}`)
    const map = page.locator('[data-plot=well-map]')
    await map.locator('svg').waitFor()
    expect(await map.locator('svg').getAttribute('aria-description')).toMatch(
      /^308 wells with values: 231 right, 77 wrong\.$/,
    )
    const well = map.getByRole('link', { name: /^B05: treatment, .*; called .*, wrong$/ })
    expect(await well.first().isVisible()).toBe(true)
    await page.getByLabel('Colour by').selectOption('probability')
    await expect
      .poll(async () => await map.locator('svg').getAttribute('aria-description'))
      .toMatch(/^308 wells with values; colours from 0\.00 \(dark\) to 1\.00 \(light\)\.$/)
    expect(new URL(page.url()).searchParams.get('value')).toBe('probability')
    expect(faults).toEqual([])
    await page.close()
  })
})

describe('the table of wells', () => {
  const address = () => `${server.address}wells?run=${places.infer}`

  it('holds 1,232 wells, makes rows for those in sight alone, and scrolls to the last', async () => {
    const { page, faults } = await openPage(browser, address())
    const status = page.locator('search [role=status]')
    await expect.poll(async () => await status.textContent()).toBe('1,232 of 1,232 wells')
    const body = page.locator('.list tbody tr')
    expect(await body.count()).toBeLessThan(80)
    const first = await body.nth(0).textContent()
    await page.locator('.list').evaluate((list) => list.scrollTo(0, list.scrollHeight))
    const last = page.getByRole('rowheader', { name: 'E1/4/O23' })
    await expect.poll(async () => await last.isVisible()).toBe(true)
    expect(first).toContain('E1/1/B02')
    expect(faults).toEqual([])
    await page.close()
  })

  it('is searched, chosen from, sorted, and saved; all of it stands in the address', async () => {
    const { page, faults } = await openPage(browser, address())
    const status = page.locator('search [role=status]')
    await page.getByLabel('Outcome').selectOption('wrong')
    await expect.poll(async () => await status.textContent()).toBe('308 of 1,232 wells')
    await page.getByLabel('Plate').selectOption('2')
    await page.getByRole('searchbox').fill('E1/2/C')
    await expect.poll(async () => await status.textContent()).toMatch(/^[56] of 1,232 wells$/)
    await page.getByRole('button', { name: 'Probability' }).click()
    await page.getByRole('button', { name: 'Probability' }).click()
    const params = Object.fromEntries(new URL(page.url()).searchParams)
    expect(params).toEqual({
      ...{ run: places.infer, outcome: 'wrong', plate: '2', search: 'E1/2/C' },
      sort: '-probability',
    })
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download table' }).click()
    const text = readFileSync(await (await download).path(), 'utf8')
    const saved: Record<string, string>[] = parse(text, { columns: true })
    expect(saved.length).toBe(Number((await status.textContent())?.split(' ')[0]))
    expect(saved.every(({ outcome, plate }) => outcome === 'wrong' && plate === '2')).toBe(true)
    const sure = saved.map(({ probability }) => Number(probability))
    expect(sure).toEqual([...sure].sort((a, b) => b - a))
    const shared = await openPage(browser, page.url())
    const count = shared.page.locator('search [role=status]')
    await expect.poll(async () => await count.textContent()).toBe(await status.textContent())
    expect([...faults, ...shared.faults]).toEqual([])
    await shared.page.close()
    await page.close()
  })
})
