import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { loadConfig } from '../config/load.js'
import { ScreenError, UsageError } from '../errors.js'
import { encodePng } from '../png.js'
import { silentReporter } from '../run/reporter.js'
import { dataFolder } from '../screen/tables.test.support.js'
import { simulate } from '../simulate/simulate.js'
import { preprocess } from '../store/preprocess.js'
import { Store } from '../store/store.js'
import { readSite } from '../store/verify.js'
import { folderOf, temporaryFolder } from '../testing/folder.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { loadPlan } from '../workflows/plan.js'
import {
  generatedFolder,
  type Place,
  pixelsOf,
  plateMap,
  side,
  wellOf,
} from './generated-folder.test.support.js'
import type { InitRequest } from './init.js'
import { accepted, initialised } from './initialise.test.support.js'

afterAll(removeKeptFolders)

describe('init on the synthetic screen', () => {
  const folder = join(keptFolder(), 'synthetic')
  beforeAll(async () => {
    const layout = { plates: 2, rows: 2, columns: 3, sites: 2, classes: 6, groups: 2 }
    const controls = { negative: 1, positive: 1 }
    const cellTypes = { HUVEC: { train: 3, test: 1 }, RPE: { train: 3, test: 0 } }
    const image = { size: 64, pixelSize: 1.3 }
    const simulation = { folder, seed: 3, image, layout: { ...layout, controls }, cellTypes }
    await simulate(configSchema.parse({ simulation }), silentReporter)
  })

  it('knows RxRx1, and its files are accepted as they are', async () => {
    const answer = await initialised(folder)
    expect(answer.said).toContain('naming: RxRx1 (the competition of 2019)')
    expect(answer.said).toContain('7 experiments, 14 plates')
    expect(answer.said).toContain('images: 6 x 64 x 64 uint8 (nuclei, endoplasmic reticulum,')
    expect(answer.said).toContain('split: by experiment, 3 folds')
    expect(loadConfig(join(answer.configs, 'screen.yml')).screen).toMatchObject({
      reader: 'rxrx1',
      answers: 'test_answers.csv',
    })
    const { trained } = await accepted(answer)
    expect(trained.status).toBe('done')
  }, 120_000)

  it('writes files for every stage, which fit together', async () => {
    const { configs } = await initialised(folder)
    const verbs = loadPlan(join(configs, 'all.yml')).stages.map(({ verb }) => verb)
    expect(verbs).toEqual([
      'preprocess',
      'train',
      'fine-tune',
      'infer',
      'infer',
      'ensemble',
      'evaluate',
    ])
    for (const name of readdirSync(configs)) {
      expect(readFileSync(join(configs, name), 'utf8')).toMatch(/^# /)
    }
  })
})

describe('init on a folder of its own naming', () => {
  const named = (plate: number) => `BR0${plate}`
  const folder = () =>
    generatedFolder(
      (place) => `${named(place.plate)}/${wellOf(place)}_s${place.site}_w${place.channel}.png`,
      { 'wells.csv': plateMap(named) },
    )

  it('infers the template, joins the plate map, and its files are accepted as they are', async () => {
    const answer = await initialised(folder())
    expect(answer.said).toContain('naming: inferred from what varies')
    expect(answer.said).toContain('images: {plate}/{well}_s{site}_w{channel}.png')
    expect(answer.said).toContain('1 experiment, 3 plates, 18 wells, 36 sites, 2 channels')
    expect(answer.said).toContain('label: compound; 3 classes, unit: well')
    const { store: path, trained } = await accepted(answer)
    expect(trained.status).toBe('done')
    using store = await Store.open(path)
    expect(store.screen.classNames).toEqual(['DMSO', 'aspirin', 'taxol'])
    const site = store.screen.sites.findIndex(({ id }) => id === 'screen/BR02/C03/2')
    const place = { plate: 2, row: 3, column: 3, site: 2 }
    const planes = [1, 2].flatMap((channel) => [...pixelsOf({ ...place, channel })])
    expect([...(await readSite(store, site))]).toEqual(planes)
  }, 120_000)

  it('takes the colours of one file a site as channels', async () => {
    const colours = (pixels: Uint8Array) =>
      encodePng(
        Uint8Array.from(
          { length: 3 * pixels.length },
          (_, i) => (pixels[Math.floor(i / 3)] ?? 0) >> (i % 3),
        ),
        side,
        side,
        3,
      )
    const name = (p: Place) => `${named(p.plate)}/${wellOf(p)}_s${p.site}.png`
    const answer = await initialised(
      generatedFolder(name, { 'wells.csv': plateMap(named) }, colours),
    )
    expect(answer.said).toContain('images: {plate}/{well}_s{site}.png')
    expect(answer.said).toContain('images: 3 x 32 x 32 uint8 (red, green, blue)')
    const { store: path } = await accepted(answer)
    using store = await Store.open(path)
    const site = store.screen.sites.findIndex(({ id }) => id === 'screen/BR02/C03/2')
    const grey = [...pixelsOf({ plate: 2, row: 3, column: 3, site: 2, channel: 2 })]
    const planes = [0, 1, 2].flatMap((shift) => grey.map((value) => value >> shift))
    expect([...(await readSite(store, site))]).toEqual(planes)
  }, 120_000)

  it('takes a plate that is named in the table alone for the only one there is', async () => {
    const one = ({ plate, ...place }: Place) =>
      `${plate === 1 ? '' : 'thumbs/'}${wellOf(place)}_s${place.site}_ch${place.channel}_${plate}.png`
    const map = plateMap((plate) => `Z${plate}`).split('\n')
    const table = map.filter((line) => /^(plate|Z1)/.test(line)).join('\n')
    const answer = await initialised(generatedFolder(one, { 'map.csv': table }))
    expect(answer.said).toContain('1 experiment, 1 plate, 6 wells, 12 sites, 2 channels')
    expect(answer.said).toContain('label: compound; 3 classes')
    expect(answer.said).toContain('controls: none named, so DMSO is a class like any other')
    expect(answer.said).toContain('split: nothing is held out: a cell type has only one plate')
    const { stages } = loadPlan(join(answer.configs, 'all.yml'))
    expect(stages.map(({ verb }) => verb)).toEqual(['preprocess', 'train', 'infer'])
    expect(readdirSync(answer.configs)).not.toContain('fine-tune.yml')
    const { trained } = await accepted(answer)
    expect(trained.status).toBe('done')
  }, 120_000)

  it('asks which column is the label only where there are several', async () => {
    const map = plateMap(named)
      .split('\n')
      .map((line, i) =>
        line === ''
          ? line
          : `${line},${i === 0 ? 'gene' : line.includes('taxol') ? 'TUBB' : 'PTGS1'}`,
      )
    const place = folder()
    writeFileSync(join(place, 'wells.csv'), map.join('\n'))
    const asked: (readonly string[])[] = []
    const ask: InitRequest['ask'] = async (columns) => {
      asked.push(columns)
      return 'gene'
    }
    const answer = await initialised(place, { ask })
    expect(asked).toEqual([['compound', 'gene']])
    expect(answer.said).toContain('label: gene; 2 classes')
    await initialised(place, { ask, label: 'compound' })
    expect(asked).toHaveLength(1)
    const wrong = initialised(place, { ask, label: 'compuond' })
    await expect(wrong).rejects.toThrow('Did you mean compound?')
  })

  it('says where no label is known, and that images are missing', async () => {
    const place = generatedFolder(({ plate, site, channel, ...well }) =>
      plate === 2 && site === 2 && channel === 2
        ? 'other/notes 1.png'
        : `${plate}/${wellOf(well)}_s${site}_w${channel}.png`,
    )
    const answer = await initialised(place)
    expect(answer.said).toContain('label: none found')
    const { stages } = loadPlan(join(answer.configs, 'all.yml'))
    expect(stages.map(({ verb }) => verb)).toEqual(['preprocess'])
    expect(answer.said).toMatch(/missing: 6 sites in part, first screen\/2\/B02\/2 \(2\)/)
    expect(answer.said).toContain('1 image named otherwise and left out')
    expect(loadConfig(join(answer.configs, 'screen.yml')).screen?.onMissing).toEqual({
      image: 'skip',
      channel: 'skip',
    })
  })
})

describe('init on the real samples', () => {
  const there = existsSync(dataFolder)

  it.skipIf(!there)(
    'reads RxRx1, of which only control wells have images',
    async () => {
      const answer = await initialised(join(dataFolder, 'rxrx1'))
      expect(answer.said).toContain('naming: RxRx1 (the competition of 2019)')
      expect(answer.said).toContain('missing: 62,737 wells of 62,755 without any image')
      expect(answer.said).toContain('nothing can be trained on yet')
      const store = join(temporaryFolder(), 'store')
      const config = loadConfig(join(answer.configs, 'preprocess.yml'), {
        set: [`store.path=${store}`],
      })
      expect(await preprocess(config, silentReporter)).toMatchObject({
        figures: { stored: { sites: 18 } },
      })
      expect(loadConfig(join(answer.configs, 'train.yml')).store?.tile).toEqual([256, 256])
    },
    120_000,
  )

  it.skipIf(!there)(
    'reads MitoCheck from its table, each crop with a label of its own',
    async () => {
      const answer = await initialised(join(dataFolder, 'mitocheck'))
      expect(answer.said).toContain('images: images/{file}')
      expect(answer.said).toContain('label: class; 16 classes, unit: image')
      expect(readdirSync(answer.configs)).not.toContain('sites.csv')
      const { trained } = await accepted(answer)
      expect(trained.status).toBe('done')
    },
    300_000,
  )
})

describe('a folder that cannot be read', () => {
  it.each([
    [
      {},
      'got no image (it is empty), expected .png, .tif or .jpg files, or OME-Zarr plates. An example',
    ],
    [{ 'a.czi': '', 'b/c.czi': '', 'd.csv': '' }, 'it holds 2 .czi, 1 .csv'],
    [{ 'cats/1.png': '', 'cats/2.png': '' }, 'the names tell no well, and no CSV there names them'],
    [{ 'a.zarr/zarr.json': '{}', 'b.ozx': 'no archive' }, '2 Zarr, none a plate of OME-Zarr 0.5'],
    [{ 'zarr.json': '{}' }, 'it is itself an OME-Zarr plate'],
    [{ 'a/B02.png': '', 'a/x/B02.png': '' }, 'named otherwise'],
  ])('%j is told why', async (files, message) => {
    const folder = folderOf(files)
    const output = join(temporaryFolder(), 'configs')
    const attempt = initialised(folder, { output })
    if (message === 'named otherwise') await expect(attempt).rejects.toThrow(/image: .*empty/)
    else {
      await expect(attempt).rejects.toThrow(ScreenError)
      await expect(attempt).rejects.toThrow(message)
    }
    expect(existsSync(join(output, 'sites.csv'))).toBe(false)
  })

  it('is told when it is not there', async () => {
    await expect(initialised('nowhere/at-all')).rejects.toThrow(/nowhere\/at-all cannot be listed/)
  })

  it('does not lose files that are there', async () => {
    const output = temporaryFolder()
    mkdirSync(output, { recursive: true })
    writeFileSync(join(output, 'screen.yml'), 'mine')
    await expect(initialised(temporaryFolder(), { output })).rejects.toThrow(UsageError)
    expect(readFileSync(join(output, 'screen.yml'), 'utf8')).toBe('mine')
  })
})
