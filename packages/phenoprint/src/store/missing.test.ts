import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { makeStore } from './make-store.js'
import { type MadeScreen, order, recorder, smallScreen } from './small-screen.test.support.js'
import { Store } from './store.js'
import { ZipReader } from './zip-reader.js'

afterAll(removeKeptFolders)

/** Removes images of a small screen: `[site, channel]`. */
function remove(made: MadeScreen, images: readonly (readonly [number, number])[]): void {
  for (const [site, channel] of images) rmSync(made.screen.sites[site]?.images[channel] ?? '')
}

/** Two plates of three wells of two sites; what is missing is of every kind. */
function gappyScreen(): MadeScreen {
  const made = smallScreen()
  remove(made, [
    // Well E1/1/B03: nothing at all.
    [2, 0],
    [2, 1],
    [3, 0],
    [3, 1],
    // Well E1/1/C02: one site whole, one without any image.
    [5, 0],
    [5, 1],
    // Well E1/2/B02: one site without its second channel.
    [7, 1],
  ])
  return made
}

it('stops when images are missing and must not be, and says how to go on', async () => {
  const made = gappyScreen()
  await expect(makeStore(made.screen, order(made), recorder())).rejects.toMatchObject({
    _tag: 'ImageError',
    message: expect.stringMatching(
      /3 sites of 12 without any image, expected none; first E1\/1\/B03\/1: .*B03-1-w1\.png is missing.*screen\.onMissing\.image: skip/,
    ),
  })
  await expect(
    makeStore(made.screen, order(made, {}, { image: 'skip' }), recorder()),
  ).rejects.toMatchObject({
    _tag: 'ImageError',
    message: expect.stringMatching(
      /1 site with some channels missing, expected none; first E1\/2\/B02\/2: got 1 of 2 channels, .*w2\.png is missing.*onMissing\.channel: skip/,
    ),
  })
})

it('leaves out sites, counts units without images by plate, and names partial sites', async () => {
  const made = gappyScreen()
  const wanted = order(made, {}, { image: 'skip', channel: 'skip' })
  const reporter = recorder()
  const { figures } = await makeStore(made.screen, wanted, reporter)
  expect(reporter.lines.filter((line) => line.startsWith('missing'))).toEqual([
    'missing: E1/1: 1 of 3 wells without any image',
    'missing: E1/1/C02/2: no image of channels channel 0, channel 1; left out',
    'missing: E1/2/B02/2: no image of channel channel 1; left out',
  ])
  expect(figures).toMatchObject({
    screen: { wells: 6, sites: 12 },
    stored: { units: 5, sites: 8 },
    missing: { unitsWithoutImages: 1, partialSites: 2 },
  })
  const report = readFileSync(join(wanted.store.path, 'preprocess-report.json'), 'utf8')
  expect(JSON.parse(report)).toMatchObject({
    missing: {
      plates: [{ plate: 'E1/1', withoutImages: 1, units: 3 }],
      sites: [
        { site: 'E1/1/C02/2', channels: ['channel 0', 'channel 1'], done: 'left out' },
        { site: 'E1/2/B02/2', channels: ['channel 1'], done: 'left out' },
      ],
    },
    broken: [],
  })
  using store = await Store.open(wanted.store.path, { verify: true })
  expect(store.screen.sites.map((site) => site.id)).toEqual([
    'E1/1/B02/1',
    'E1/1/B02/2',
    'E1/1/C02/1',
    'E1/2/B02/1',
    'E1/2/B03/1',
    'E1/2/B03/2',
    'E1/2/C02/1',
    'E1/2/C02/2',
  ])
  expect(store.screen.units.map((unit) => [unit.id, unit.sites])).toEqual([
    ['E1/1/B02', [0, 1]],
    ['E1/1/C02', [2]],
    ['E1/2/B02', [3]],
    ['E1/2/B03', [4, 5]],
    ['E1/2/C02', [6, 7]],
  ])
  expect(store.screen.plates.map((plate) => plate.units)).toEqual([
    [0, 1],
    [2, 3, 4],
  ])
})

it('names all rows and columns of the plate, also of wells without images', async () => {
  const made = smallScreen({ plates: ['1'], wells: ['A01', 'B02', 'P24'], sites: 1 })
  for (const site of [0, 2]) {
    for (const image of made.screen.sites[site]?.images ?? []) rmSync(image)
  }
  const wanted = order(made, {}, { image: 'skip' })
  await makeStore(made.screen, wanted, recorder())
  using zip = ZipReader.open(join(wanted.store.path, 'E1__1.ozx'))
  const { plate } = JSON.parse(Buffer.from(zip.entry('zarr.json')).toString()).attributes.ome
  expect([plate.rows.length, plate.columns.length]).toEqual([16, 24])
  expect(plate.wells).toEqual([{ path: 'B/02', rowIndex: 1, columnIndex: 1 }])
})

it('fills a channel with zeros, and counts no statistics of it', async () => {
  const made = gappyScreen()
  const wanted = order(made, { tile: [20, 24] }, { image: 'skip', channel: 'zero' })
  await makeStore(made.screen, wanted, recorder())
  using store = await Store.open(wanted.store.path, { verify: true })
  const site = store.screen.sites.findIndex(({ id }) => id === 'E1/2/B02/2')
  const pixels = await store.readTile(site, 0)
  expect(pixels.subarray(0, 480)).toEqual(made.pixels[7]?.subarray(0, 480))
  expect(pixels.subarray(480)).toEqual(new Uint8Array(480))
  const { mean, variance, histogram } = store.statistics(site)
  expect(mean[0]).toBeGreaterThan(0)
  expect([mean[1], variance[1]]).toEqual([Number.NaN, Number.NaN])
  expect(histogram.subarray(256).every((count) => count === 0)).toBe(true)
})

it('stops when nothing is there at all', async () => {
  const made = smallScreen()
  rmSync(made.folder, { recursive: true })
  await expect(
    makeStore(made.screen, order(made, {}, { image: 'skip', channel: 'skip' }), recorder()),
  ).rejects.toThrow(/none of the 12 sites has its images.*Check screen\.folder/)
})
