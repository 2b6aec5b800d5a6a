import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { temporaryFolder } from '../testing/folder.js'
import { preprocess } from './preprocess.js'
import { png, recorder } from './small-screen.test.support.js'
import { Store } from './store.js'
import { readSite } from './verify.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const sample = resolve(root, process.env.PHENOPRINT_DATA ?? '../shared/data', 'rxrx1')

it('makes a store from a configuration', async () => {
  const folder = temporaryFolder()
  const pixels = Uint8Array.from({ length: 30 * 40 }, (_, i) => (i * 13) & 255)
  mkdirSync(join(folder, 'images'))
  for (const name of ['a', 'b', 'c']) {
    writeFileSync(join(folder, 'images', `${name}.png`), png(pixels, 30, 40))
  }
  writeFileSync(
    join(folder, 'cells.csv'),
    'file,plate,well,class\na.png,P1,A01,round\nb.png,P1,A02,flat\nc.png,P2,A01,round\n',
  )
  const config = configSchema.parse({
    screen: {
      reader: 'table',
      name: 'three cells',
      folder,
      table: 'cells.csv',
      unit: 'image',
      images: 'images/{file}',
      channels: [{ name: 'DNA' }],
      columns: { plate: 'plate', well: 'well', label: 'class' },
    },
    store: { path: join(folder, 'store'), tile: [16, 16] },
  })
  const { status, figures } = await preprocess(config, recorder())
  expect(status).toBe('done')
  expect(figures).toMatchObject({ screen: { plates: 2, sites: 3, classes: 2 } })
  using store = await Store.open(join(folder, 'store'), { verify: true })
  expect(store.screen.classNames).toEqual(['flat', 'round'])
  expect(store.screen.units.map((unit) => unit.label)).toEqual([1, 0, 1])
  expect(store.tilesPerSite).toBe(6)
  expect(await readSite(store, 2)).toEqual(pixels)
})

it('says which section is missing', async () => {
  await expect(preprocess(configSchema.parse({}), recorder())).rejects.toMatchObject({
    _tag: 'ConfigError',
    message: expect.stringContaining('"screen"'),
  })
})

/** A CSV of the competition: no quotes, no commas in fields. */
function table(name: string): Record<string, string>[] {
  const [header = '', ...rows] = readFileSync(join(sample, name), 'utf8').trim().split(/\r?\n/)
  const names = header.split(',')
  return rows.map((row) => Object.fromEntries(row.split(',').map((cell, i) => [names[i], cell])))
}

it.skipIf(!existsSync(sample))(
  'takes the RxRx1 sample: counts as in its CSVs, partial sites by name (needs the data folder)',
  async () => {
    const path = join(temporaryFolder(), 'store')
    const config = configSchema.parse({
      screen: {
        reader: 'rxrx1',
        name: 'RxRx1',
        folder: sample,
        onMissing: { image: 'skip', channel: 'skip' },
      },
      store: { path },
    })
    const reporter = recorder()
    const { figures } = await preprocess(config, reporter)

    const [train, test] = [table('train.csv'), table('test.csv')]
    const controls = [...table('train_controls.csv'), ...table('test_controls.csv')]
    const all = [...train, ...test, ...controls]
    const distinct = (of: (row: Record<string, string>) => string | undefined, rows = all) =>
      new Set(rows.map(of)).size
    const types = [...new Set(all.map((row) => row.experiment?.split('-')[0] ?? ''))].sort()
    const ofType = (type: string) => all.filter((row) => row.experiment?.startsWith(type))
    expect(figures).toMatchObject({
      screen: {
        experiments: distinct((row) => row.experiment),
        plates: distinct((row) => `${row.experiment}/${row.plate}`),
        wells: all.length,
        sites: 2 * all.length,
        channels: 6,
        classes: distinct((row) => row.sirna, train),
        controlClasses: distinct((row) => row.sirna, controls),
        labelledTreatments: train.length,
        unlabelledTreatments: test.length,
        controls: controls.length,
        cellTypes: Object.fromEntries(
          types.map((type) => [
            type,
            {
              experiments: distinct((row) => row.experiment, ofType(type)),
              plates: distinct((row) => `${row.experiment}/${row.plate}`, ofType(type)),
              wells: ofType(type).length,
            },
          ]),
        ),
      },
      stored: { plates: 18, units: 18, sites: 18 },
      missing: { unitsWithoutImages: all.length - 18, partialSites: 18 },
    })
    const log = reporter.lines.join('\n')
    const n = (value: number) => value.toLocaleString('en')
    expect(log).toContain(`${n(all.length)} wells, ${n(2 * all.length)} sites, 6 channels`)
    expect(log).toContain('HUVEC (24 experiments, 96 plates, ')
    expect(log).toContain('1,108 of treatments and 31 of controls')
    const partial = reporter.lines.filter((line) => /\/B02\/2: no image of channels/.test(line))
    expect(partial).toHaveLength(18)
    expect(reporter.lines.filter((line) => /wells without any image$/.test(line))).toHaveLength(
      distinct((row) => `${row.experiment}/${row.plate}`),
    )

    using store = await Store.open(path, { verify: true })
    expect(store.tiling.image).toEqual({ channels: 6, height: 512, width: 512, dtype: 'uint8' })
    expect(store.tilesPerSite).toBe(4)
    expect(store.screen.units.every((unit) => unit.role === 'negativeControl')).toBe(true)
  },
)
