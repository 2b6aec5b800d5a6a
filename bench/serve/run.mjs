import { join } from 'node:path'
import { PageServer } from '@phenoprint/pages'
import { chromium } from 'playwright-core'
import { findProgram } from '../../scripts/setup/browser-path.mjs'
import { root } from '../../scripts/setup/paths.mjs'
import { machineFacts, ownVersions } from '../lib/machine.mjs'
import { publish } from '../lib/report.mjs'
import { median, rounded } from '../lib/statistics.mjs'
import { fullLayout } from '../open/full-layout.mjs'
import { calledRun } from './called-run.mjs'

/**
 * In Chromium, which draws by software. There is no peer: the limits are those of patience.
 *
 * `open`: from asking for the page of a store, by a server that was just started, to its table of plates.
 * `map`: from choosing what colours a plate's 308 wells to the next frame with the new map.
 * `frame`: between two frames while the table of 1,000 wells scrolls.
 */

const runs = 5
const work = join(root, '.cache/bench/open')
await fullLayout(work)
calledRun(join(work, 'run'))
const executablePath = findProgram(['chromium', 'chromium-browser', 'google-chrome'], process.env)
if (executablePath === undefined) {
  console.error('There is no Chromium: apt-get install chromium.')
  process.exit(1)
}
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
/** @type {Record<'open' | 'map' | 'frame', number[]>} */
const figures = { open: [], map: [], frame: [] }
/** @type {number[]} */
let frames = []
for (let run = 0; run <= runs; run++) {
  const server = await PageServer.start(work, { host: '127.0.0.1', port: 0 })
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  await page.addInitScript({ path: join(root, 'bench/serve/in-page.js') })
  const began = performance.now()
  await page.goto(`${server.address}store?path=store`)
  await page.locator('tbody tr').nth(203).waitFor()
  const opened = performance.now() - began
  await page.goto(`${server.address}plate?store=store&plate=HUVEC-01/1`)
  await page.locator('[data-plot=well-map] svg').waitFor()
  /** @type {number} */
  const drawn = await page.evaluate('measureMap()')
  await page.goto(`${server.address}wells?run=run`)
  await page.locator('.list tbody tr').nth(10).waitFor()
  /** @type {number[]} */
  const times = await page.evaluate('measureScrolling()')
  await page.close()
  await server.close()
  if (run === 0) continue // a warm-up
  figures.open.push(opened)
  figures.map.push(drawn)
  figures.frame.push(median(times))
  frames = [...frames, ...times]
}
await browser.close()
frames.sort((a, b) => a - b)
const each = (/** @type {(values: number[]) => number} */ pick) =>
  Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, rounded(pick(values))]))
publish({
  bench: 'serve',
  ratio: {},
  ours: {
    ...each(median),
    'frame, 95 of 100': rounded(frames[Math.floor(0.95 * frames.length)] ?? Number.NaN),
    'frame, longest': rounded(frames.at(-1) ?? Number.NaN),
  },
  peer: {},
  oursMin: each((values) => Math.min(...values)),
  unit: 'ms',
  runs,
  machine: machineFacts(),
  versions: { ...ownVersions(), chromium: browser.version() },
})
