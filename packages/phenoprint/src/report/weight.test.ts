import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentReporter } from '../run/reporter.js'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { fittedPage } from './page/fitted-page.js'
import { limitsAt, mostBytes, type PageLimits, spread } from './page/limits.js'
import { pageOf } from './page/page.js'
import { readRun } from './page/reported-run.js'
import { report } from './report.js'
import { reportedRuns } from './report.test.support.js'

afterAll(removeKeptFolders)

/** Plates of 384 wells in a run of infer, of 1,108 classes. */
function writeManyWells(infer: string, plates: number): void {
  const path = join(infer, 'calls.csv')
  const [header = ''] = readFileSync(path, 'utf8').split('\n')
  const columns = header.trim().split(',')
  const lines = Array.from({ length: plates * 384 }, (_, i) => {
    const well = i % 384
    const row = String.fromCharCode(65 + Math.floor(well / 24))
    const place = `${row}${String((well % 24) + 1).padStart(2, '0')}`
    const plate = String(Math.floor(i / 384) + 1)
    const values: Record<string, string> = {
      split: 'test',
      experiment: 'E1',
      plate,
      well: place,
      cellType: 'HUVEC',
      unit: `E1/${plate}/${place}`,
      call: String(i % 7),
      callName: `class ${i % 7}`,
      probability: '0.5',
      label: String(i % 1108),
      labelName: `class ${i % 1108}`,
      outcome: i % 7 === i % 1108 ? 'right' : 'wrong',
    }
    return columns.map((column) => values[column] ?? '').join(',')
  })
  writeFileSync(path, `${[header.trim(), ...lines].join('\n')}\n`)
}

async function pageOn(plates: number): Promise<string> {
  const { infer } = await reportedRuns()
  writeManyWells(infer, plates)
  const { files } = await report([infer], silentReporter)
  return readFileSync(files[0] ?? '', 'utf8')
}

it('a page on thirty plates is light, and says how many of its plates it shows', async () => {
  const page = await pageOn(30)
  expect(Buffer.byteLength(page)).toBeLessThan(mostBytes)
  expect(page).toMatch(/>\d+ of 30 plates[^<]*too heavy/)
  expect(page).not.toContain('To stay under')
})

it('a page that is too heavy is made again with less, until it is light enough', async () => {
  const scales: number[] = []
  const heavy = async ({ scale }: PageLimits) => {
    scales.push(scale)
    return 'µ'.repeat(15e6 * scale)
  }
  expect(Buffer.byteLength(await fittedPage(heavy))).toBe(7.5e6)
  expect(scales).toEqual([1, 1 / 2, 1 / 4])
  await expect(fittedPage(async () => 'x'.repeat(mostBytes))).rejects.toThrow('Name fewer runs')
})

it('a page that shows less says so', async () => {
  const { infer } = await reportedRuns()
  const gathered = { pictures: null, means: null, synthetic: false, members: null, embedded: null }
  const page = await pageOf([{ run: readRun(infer), ...gathered }], limitsAt(1 / 4))
  expect(page).toContain('To stay under 10 MB this page shows about 25 % of')
})

it('limits fall with the scale, and leave something to see', () => {
  const [whole, half, least] = [limitsAt(1), limitsAt(1 / 2), limitsAt(1 / 64)]
  expect([half.plates, half.wells, half.side, half.embedded]).toEqual([6, 3, 91, 1200])
  expect(Object.values(least).every((limit) => limit > 0)).toBe(true)
  expect(whole.side).toBe(128)
})

it('values are chosen evenly, and never twice', () => {
  const values = Array.from({ length: 10 }, (_, i) => i)
  expect(spread(values, 4)).toEqual([0, 2, 5, 7])
  expect(spread(values, 10)).toEqual(values)
  expect(spread(values, 30)).toEqual(values)
})
