import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { ConfigError, InterruptedError, RunDirectoryError } from '../errors.js'
import { Lock } from '../run/lock.js'
import { type Reporter, silentReporter } from '../run/reporter.js'
import { readScreen } from '../screen/read-screen.js'
import { splitScreen } from '../screen/split.js'
import { screenSection, splitSection } from '../screen/tables.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { simulate } from './simulate.js'

const small = {
  seed: 3,
  image: { size: 64, pixelSize: 1.3 },
  layout: {
    plates: 2,
    rows: 2,
    columns: 3,
    sites: 2,
    classes: 6,
    groups: 2,
    controls: { negative: 1, positive: 1 },
  },
  cellTypes: { HUVEC: { train: 2, test: 1 }, RPE: { train: 1, test: 0 } },
}

const run = (folder: string, fields: object = {}, reporter: Reporter = silentReporter) =>
  simulate(configSchema.parse({ simulation: { folder, ...small, ...fields } }), reporter)

/** Every file below a folder with its bytes. */
function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  return new Map(
    files.sort().map((path) => [path.slice(folder.length), readFileSync(path).toString('base64')]),
  )
}

describe('a synthetic screen', () => {
  it('is read as RxRx1, says that it is synthetic, and has its answers apart', async () => {
    const folder = temporaryFolder()
    const result = await run(folder)
    expect(result.status).toBe('done')
    expect(result.figures).toMatchObject({ experiments: 4, wells: 40, sites: 80, images: 480 })
    const screen = await readScreen(
      screenSection({ reader: 'rxrx1', folder, answers: 'test_answers.csv' }),
    )
    expect(screen.synthetic).toBe(true)
    expect([screen.plates.length, screen.units.length, screen.sites.length]).toEqual([8, 40, 80])
    expect([screen.classes, screen.controlClasses]).toEqual([6, 2])
    const images = screen.sites.flatMap((site) => site.images)
    const there = contents(folder)
    expect(images.filter((path) => !there.has(path.slice(folder.length)))).toEqual([])
    expect(images).toHaveLength([...there.keys()].filter((name) => name.endsWith('.png')).length)
    const { test } = splitScreen(screen, splitSection({}))
    expect(test.map((unit) => screen.units[unit]?.label).sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(readFileSync(join(folder, 'test.csv'), 'utf8')).not.toMatch(/sirna/)
    expect(readFileSync(join(folder, 'README.txt'), 'utf8')).toMatch(/^Synthetic/)
    const submission = readFileSync(join(folder, 'sample_submission.csv'), 'utf8')
    expect(submission).toMatch(/^id_code,sirna\nHUVEC-03_1_B03,0\n/)
    expect(submission.split('\n')).toHaveLength(8)
  })

  it('is the same bytes each time, whatever the number of threads', async () => {
    const [one, two] = [temporaryFolder(), temporaryFolder()]
    await run(one, { threads: 1 })
    await run(two, { threads: 3 })
    expect(contents(one)).toEqual(contents(two))
  })

  it('goes on where it stopped: whole files stay, missing and broken ones are made again', async () => {
    const folder = temporaryFolder()
    await run(folder)
    const whole = contents(folder)
    expect((await run(folder)).status).toBe('already done')
    rmSync(join(folder, 'train/HUVEC-01/Plate1/B02_s1_w3.png'))
    truncateSync(join(folder, 'train/HUVEC-01/Plate2/B03_s2_w6.png'), 100)
    rmSync(join(folder, 'train.csv'))
    writeFileSync(join(folder, 'train/.B02_s1_w1.png.0123456789ab.part'), 'left by a kill')
    const again = await run(folder)
    expect([again.status, again.figures.sitesRendered]).toEqual(['done', 2])
    expect(contents(folder)).toEqual(whole)
  })

  it('stops between wells when asked to, and can be gone on with', async () => {
    const folder = temporaryFolder()
    const stop = new AbortController()
    const reporter: Reporter = {
      ...silentReporter,
      signal: stop.signal,
      progress: () => ({
        advance: () => stop.abort(new InterruptedError('stopped', 130)),
        done: () => {},
      }),
    }
    await expect(run(folder, { threads: 1 }, reporter)).rejects.toBeInstanceOf(InterruptedError)
    const images = [...contents(folder).keys()].filter((name) => name.endsWith('.png'))
    expect(images).toHaveLength(12)
    const straight = temporaryFolder()
    await run(straight)
    await run(folder)
    expect(contents(folder)).toEqual(contents(straight))
  })
})

describe('a folder that is not free', () => {
  it('is refused when it holds other files, or a synthetic screen of other settings', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'train.csv'), 'precious\n')
    await expect(run(folder)).rejects.toThrow(/holds "train\.csv" but no synthetic\.json/)
    await expect(run(folder)).rejects.toBeInstanceOf(ConfigError)
    const other = temporaryFolder()
    await run(other)
    await expect(run(other, { seed: 4 })).rejects.toThrow(/synthetic screen of other settings/)
  })

  it('is refused while another process renders into it', async () => {
    const folder = temporaryFolder()
    using _lock = Lock.take(join(folder, '.simulate.lock'), 'a test')
    const attempt = run(folder)
    await expect(attempt).rejects.toBeInstanceOf(RunDirectoryError)
    await expect(attempt).rejects.toThrow(/^simulation: .* is in use by process/)
  })
})
