import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeInto, readHeader } from '@phenoprint/pixels'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../../phenoprint/dist/config/config.js'
import { preprocess } from '../../phenoprint/dist/store/preprocess.js'
import { recorder } from '../../phenoprint/dist/store/small-screen.test.support.js'
import { keptFolder, removeKeptFolders } from '../../phenoprint/dist/testing/kept-folder.js'
import { openPage, startBrowser } from './browser.test.support.js'
import { PageServer } from './server/page-server.js'
import { places, type ServedRuns, servedRuns } from './server/served.test.support.js'

const here = { host: '127.0.0.1', port: 0 }
const size = 64
let browser: Browser
let runs: ServedRuns
let server: PageServer

beforeAll(async () => {
  browser = await startBrowser()
  runs = await servedRuns({ height: size, width: size, channels: 3 })
  server = await PageServer.start(runs.folder, here)
}, 60_000)
afterAll(async () => {
  await browser?.close()
  await server?.close()
  runs?.training.close()
  removeKeptFolders()
})

const wellAddress = (address: string, params: Readonly<Record<string, string>>) =>
  `${address}well?${new URLSearchParams(params)}`
const small = { store: places.store, plate: 'E1/1', unit: 'E1/1/B03', run: places.infer }

/** What the viewer shows: red, green and blue of each pixel of its canvas. */
async function shown(page: Page) {
  const canvas = page.locator('.viewer canvas')
  await canvas.waitFor()
  const bytes = await canvas.screenshot()
  const { height, width } = await readHeader(bytes)
  const pixels = new Uint8Array(3 * height * width)
  await decodeInto(bytes, [0, 1, 2], pixels)
  return {
    /** Of the pixel so far right of and below the middle. */
    at: (right: number, down: number) => {
      const place = (Math.floor(height / 2) + down) * width + Math.floor(width / 2) + right
      return [0, 1, 2].map((c) => pixels[c * height * width + place] ?? 0)
    },
  }
}

interface Square {
  /** In the image, both ways: what the viewer has in its middle. */
  readonly middle: number
  /** In pixels. */
  readonly radius: number
  /** Of the channel: red, green and blue, 0 to 1. */
  readonly colour: readonly number[]
}

/**
 * Waits until the pixels are drawn, and compares a square of them with those of one channel. Where the page
 * begins between two pixels of the screen, the canvas is drawn up to one beside its middle.
 */
async function expectPixels(
  page: Page,
  plane: (x: number, y: number) => number,
  { middle, radius, colour }: Square,
): Promise<void> {
  const offsets = Array.from({ length: 2 * radius }, (_, i) => i - radius)
  const farthest = ({ at }: Awaited<ReturnType<typeof shown>>, right: number, down: number) => {
    let most = 0
    for (const y of offsets) {
      for (const x of offsets) {
        const value = plane(middle + x, middle + y)
        at(x + right, y + down).forEach((got, c) => {
          most = Math.max(most, Math.abs(got - value * (colour[c] ?? 0)))
        })
      }
    }
    return most
  }
  const nearest = async () => {
    const seen = await shown(page)
    return Math.min(...[-1, 0, 1].flatMap((down) => [-1, 0, 1].map((x) => farthest(seen, x, down))))
  }
  await expect.poll(nearest, { timeout: 30_000, interval: 300 }).toBeLessThanOrEqual(1)
}

describe('the viewer', () => {
  it('shows the pixels of a field, in the colour of its channel', async () => {
    const params = { ...small, fields: '2', channels: '1:0-255', at: `${size / 2},${size / 2},0` }
    const { page, faults } = await openPage(browser, wellAddress(server.address, params))
    const site = runs.made.screen.sites.findIndex(({ id }) => id === 'E1/1/B03/2')
    const pixels = runs.made.pixels[site] ?? new Uint8Array()
    const plane = (x: number, y: number) => pixels[(size + y) * size + x] ?? -1
    await expectPixels(page, plane, { middle: size / 2, radius: 20, colour: [1, 0, 0] })
    expect(faults).toEqual([])
    await page.close()
  })

  it('turns channels off, sets their limits, and keeps both in the address', async () => {
    const params = { ...small, fields: '1', channels: '0:0-255', at: `${size / 2},${size / 2},0` }
    const { page, faults } = await openPage(browser, wellAddress(server.address, params))
    const pixels =
      runs.made.pixels[runs.made.screen.sites.findIndex(({ id }) => id === 'E1/1/B03/1')]
    const value = (x: number, y: number) => pixels?.[y * size + x] ?? -1
    const square = { middle: size / 2, radius: 8, colour: [0, 1, 0] }
    await expectPixels(page, value, square)
    await page.getByLabel('channel 0: bright at').fill('100')
    await page.getByLabel('channel 0: bright at').press('Tab')
    await expectPixels(page, (x, y) => Math.min(255, (value(x, y) * 255) / 100), square)
    expect(new URL(page.url()).searchParams.get('channels')).toBe('0:0-100')
    await page.getByLabel('channel 0', { exact: true }).uncheck()
    await expectPixels(page, () => 0, square)
    expect(new URL(page.url()).searchParams.get('channels')).toBe('none')
    await page.reload()
    expect(await page.getByLabel('channel 0', { exact: true }).isChecked()).toBe(false)
    expect(faults).toEqual([])
    await page.close()
  })

  it('moves by mouse and by keys, shows several fields, and saves what it shows', async () => {
    const { page, faults } = await openPage(browser, wellAddress(server.address, small))
    const viewer = page.locator('.viewer')
    await viewer.waitFor()
    const at = () => new URL(page.url()).searchParams.get('at')
    expect(await page.getByRole('img').first().getAttribute('aria-label')).toBe(
      'B03, field 1 and field 2: channel 0, channel 1, channel 2',
    )
    await viewer.focus()
    await page.keyboard.press('+')
    const [x = 0, , zoom = 0] = (at() ?? '').split(',').map(Number)
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => Number((at() ?? '').split(',')[0])).toBeGreaterThan(x)
    await viewer.hover()
    await page.mouse.wheel(0, -200)
    await expect.poll(() => Number((at() ?? '').split(',')[2])).toBeGreaterThan(zoom)
    await page.keyboard.press('0')
    await expect.poll(at).toBeNull()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save picture' }).click()
    const saved = await download
    expect(saved.suggestedFilename()).toMatch(/^B03.*\.png$/)
    const header = await readHeader(readFileSync(await saved.path()))
    expect(header).toMatchObject({ bitDepth: 8 })
    expect(faults).toEqual([])
    await page.close()
  })

  it('says what is wrong with a field that cannot be read', async () => {
    const { page } = await openPage(browser, wellAddress(server.address, small))
    await page.route('**/c/0/0/0', (route) => route.fulfill({ status: 206, body: 'no shard' }))
    await page.reload()
    await expect
      .poll(async () => await page.getByRole('alert').textContent())
      .toMatch(/field|chunk/)
    await page.unrouteAll()
    await page.route('**/0/zarr.json', async (route) => {
      const text = await (await route.fetch()).text()
      await route.fulfill({ body: text.replaceAll('"zstd"', '"blosc"') })
    })
    await page.reload()
    await expect.poll(async () => await page.getByRole('alert').textContent()).toMatch(/by blosc/)
    await page.close()
  })
})

const root = fileURLToPath(new URL('../../../', import.meta.url))
const sample = resolve(root, process.env.PHENOPRINT_DATA ?? '../shared/data', 'rxrx1')

describe.skipIf(!existsSync(sample))('the RxRx1 sample (needs the data folder)', () => {
  it('is shown as its PNGs have it', async () => {
    const folder = keptFolder()
    const config = configSchema.parse({
      screen: {
        reader: 'rxrx1',
        name: 'RxRx1',
        folder: sample,
        onMissing: { image: 'skip', channel: 'zero' },
      },
      store: { path: join(folder, 'store'), tile: [256, 256] },
    })
    await preprocess(config, recorder())
    const png = readFileSync(join(sample, 'train/HEPG2-01/Plate1/B02_s1_w3.png'))
    const plane = new Uint8Array(512 * 512)
    await decodeInto(png, [0], plane)
    const served = await PageServer.start(folder, here)
    try {
      const unit = { store: 'store', plate: 'HEPG2-01/1', unit: 'HEPG2-01/1/B02' }
      const params = { ...unit, fields: '1', channels: '2:0-255', at: '256,256,0' }
      const { page, faults } = await openPage(browser, wellAddress(served.address, params))
      const swatch = page.locator('.swatch').nth(2)
      const style = (await swatch.getAttribute('style')) ?? ''
      const colour = style.match(/\d+/g)?.map((part) => Number(part) / 255) ?? []
      await expectPixels(page, (x, y) => plane[512 * y + x] ?? -1, {
        ...{ middle: 256, radius: 100, colour },
      })
      expect(faults).toEqual([])
      await page.close()
    } finally {
      await served.close()
    }
  })
})
