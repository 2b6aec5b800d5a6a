import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pixels } from '@phenoprint/pixels'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { loadConfig } from '../config/load.js'
import { ScreenError, UsageError } from '../errors.js'
import { encodePng } from '../png.js'
import { type Reporter, silentReporter, type VerbResult } from '../run/reporter.js'
import { dataFolder } from '../screen/tables.test.support.js'
import { simulate } from '../simulate/simulate.js'
import { preprocess } from '../store/preprocess.js'
import { Store } from '../store/store.js'
import { readSite } from '../store/verify.js'
import { folderOf, temporaryFolder } from '../testing/folder.js'
import { askPython } from '../testing/python.js'
import { train } from '../training/train.js'
import { loadPlan } from '../workflows/plan.js'
import {
  compoundOf,
  generatedFolder,
  type Place,
  pixelsOf,
  places,
  plateMap,
  side,
  wellOf,
} from './generated-folder.test.support.js'
import { encodeTiff } from './grey-tiff.test.support.js'
import { type InitRequest, init } from './init.js'

const first: InitRequest['ask'] = async (columns) => columns[0] ?? null

/** What init said and wrote of a folder. */
interface Answer extends VerbResult {
  readonly said: string
  readonly configs: string
}

async function initialised(folder: string, request: Partial<InitRequest> = {}): Promise<Answer> {
  const configs = request.output ?? join(temporaryFolder(), 'configs')
  const lines: string[] = []
  const reporter: Reporter = { ...silentReporter, say: (line) => lines.push(line) }
  const whole = { folder, output: configs, label: null, ask: first, ...request }
  const result = await init(whole, reporter)
  return { ...result, said: lines.join('\n'), configs }
}

/** Runs preprocess and an epoch of training as the files say, but for where they write. */
async function accepted({ configs }: Answer): Promise<{ store: string; trained: VerbResult }> {
  const work = temporaryFolder()
  const store = join(work, 'store')
  const set = [`store.path=${store}`, `output=${join(work, 'run')}`, 'training.epochs=1']
  await preprocess(loadConfig(join(configs, 'preprocess.yml'), { set }), silentReporter)
  const trained = await train(loadConfig(join(configs, 'train.yml'), { set }), silentReporter)
  return { store, trained }
}

describe('init on the synthetic screen', () => {
  const above = mkdtempSync(join(tmpdir(), 'phenoprint-'))
  afterAll(() => rmSync(above, { recursive: true, force: true }))
  const folder = join(above, 'synthetic')
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
    expect(answer.said).toMatch(/missing: 6 sites in part, first screen\/2\/B02\/2 \(2\)/)
    expect(answer.said).toContain('1 image named otherwise and left out')
    expect(loadConfig(join(answer.configs, 'screen.yml')).screen?.onMissing).toEqual({
      image: 'skip',
      channel: 'skip',
    })
  })
})

describe('init on the folders of instruments', () => {
  const tiff = (pixels: Uint8Array) =>
    encodeTiff(
      Uint16Array.from(pixels, (v) => 16 * v),
      side,
      side,
    )
  const padded = (n: number) => String(n).padStart(2, '0')

  /** The store of a folder, whose one site is asked for, made as init's own files say. */
  async function stored(answer: Answer, id: string): Promise<Pixels> {
    const { store: path, trained } = await accepted(answer)
    expect(trained.status).toBe('done')
    using store = await Store.open(path)
    expect(store.screen.sites).toHaveLength(36)
    expect(store.screen.classNames).toEqual(['DMSO', 'aspirin', 'taxol'])
    expect(store.tiling.image).toMatchObject({ dtype: 'uint16', channels: 2 })
    const site = store.screen.sites.findIndex((each) => each.id === id)
    expect(site).toBeGreaterThanOrEqual(0)
    return await readSite(store, site)
  }
  const place = { plate: 2, row: 3, column: 4, site: 2 }
  const wanted = Uint16Array.from(
    [1, 2].flatMap((channel) => [...pixelsOf({ ...place, channel })].map((v) => 16 * v)),
  )

  it.each<[string, (place: Place) => string, string]>([
    [
      'plates in names, thumbnails beside',
      (p) =>
        `AB0${p.plate}_${wellOf(p)}_s${p.site}_w${p.channel}0A1B2C3D-0E1F-4A5B-8C9D-00000000000${p.plate}.tif`,
      'AB02',
    ],
    [
      'plates in folders, time and focus too',
      (p) => `run/AB0${p.plate}/TimePoint_1/ZStep_1/${wellOf(p)}_s${p.site}_w${p.channel}.TIF`,
      'AB02',
    ],
  ])(
    'ImageXpress: %s',
    async (_, name, plate) => {
      const files = { 'wells.csv': plateMap((n) => `AB0${n}`), 'AB01_B02_s1_w1_thumb.tif': '' }
      const answer = await initialised(generatedFolder(name, files, tiff))
      expect(answer.said).toContain('naming: ImageXpress (MetaXpress)')
      expect(answer.said).toContain('1 experiment, 3 plates, 18 wells, 36 sites, 2 channels')
      expect(await stored(answer, `screen/${plate}/C04/2`)).toEqual(wanted)
    },
    120_000,
  )

  it('Opera Phenix: channels called as the index says, rows and columns as numbers', async () => {
    const measurement = (plate: number) => `P${plate}__2024-05-0${plate}T10_00_00-Measurement 1`
    const entries = ['Hoechst 33342', 'MitoTracker'].map(
      (name, i) =>
        `<Entry ChannelID="${i + 1}"><ChannelName>${name}</ChannelName><ImageSizeX>32</ImageSizeX></Entry>`,
    )
    const folder = generatedFolder(
      (p) =>
        `${measurement(p.plate)}/Images/r${padded(p.row)}c${padded(p.column)}f${padded(p.site)}p01-ch${p.channel}sk1fk1fl1.tiff`,
      {
        'wells.csv': plateMap((plate) => `P${plate}`),
        [`${measurement(1)}/Images/Index.idx.xml`]: `<EvaluationInputData><Maps><Map>${entries.join('')}</Map></Maps></EvaluationInputData>`,
      },
      tiff,
    )
    const answer = await initialised(folder)
    expect(answer.said).toContain('naming: Opera Phenix / Operetta (Harmony)')
    expect(answer.said).toContain('uint16 (Hoechst 33342, MitoTracker)')
    expect(await stored(answer, `screen/${measurement(2)}/C04/02`)).toEqual(wanted)
  }, 120_000)

  it('LoadData of CellProfiler: paths of another machine, one table a plate', async () => {
    const table = (plate: number) =>
      [
        'FileName_OrigDNA,PathName_OrigDNA,FileName_OrigMito,PathName_OrigMito,Metadata_Plate,Metadata_Well,Metadata_Site,Metadata_Compound',
        ...places
          .filter((p) => p.plate === plate && p.channel === 1)
          .map((p) => {
            const path = `/mnt/other/${plate}`
            const name = (channel: number) => `img${p.row}-${p.column}-${p.site}-${channel}.tif`
            return `${name(1)},${path},${name(2)},${path},Z${plate},${wellOf(p)},${p.site},${compoundOf(p)}`
          }),
        '',
      ].join('\n')
    const folder = generatedFolder(
      (p) => `pictures/${p.plate}/img${p.row}-${p.column}-${p.site}-${p.channel}.tif`,
      Object.fromEntries([1, 2, 3].map((plate) => [`load_data_${plate}.csv`, table(plate)])),
      tiff,
    )
    const answer = await initialised(folder)
    expect(answer.said).toContain("naming: CellProfiler's LoadData table")
    expect(answer.said).toContain('(OrigDNA, OrigMito)')
    expect(answer.said).toContain('label: Metadata_Compound; 3 classes')
    expect(await stored(answer, 'screen/Z2/C04/2')).toEqual(wanted)
  }, 120_000)
})

describe('init on OME-Zarr plates', () => {
  /** Plates as zarr-python writes them, each image of a plate's well as generated folders have it. */
  const script = `
import zarr
for plate in d['plates']:
    path = d['folder'] + '/' + plate['name']
    store = zarr.storage.ZipStore(path, mode='w') if path.endswith('.ozx') else path
    rows = sorted({w['row'] for w in plate['wells']}); columns = sorted({w['column'] for w in plate['wells']})
    wells = [{'path': w['row'] + '/' + w['column'], 'rowIndex': rows.index(w['row']), 'columnIndex': columns.index(w['column'])} for w in plate['wells']]
    root = zarr.create_group(store, zarr_format=3, attributes={'ome': {'version': '0.5', 'plate': {
        'name': plate['name'], 'version': '0.5', 'wells': wells, 'field_count': 2,
        'rows': [{'name': r} for r in rows], 'columns': [{'name': c} for c in columns]}}})
    for w in plate['wells']:
        group = root.create_group(w['row'] + '/' + w['column'], attributes={'ome': {'version': '0.5', 'well': {
            'version': '0.5', 'images': [{'path': str(i)} for i in range(len(w['fields']))]}}})
        for i, pixels in enumerate(w['fields']):
            field = group.create_group(str(i), attributes={'ome': {'version': '0.5', 'multiscales': [{
                'axes': [{'name': a} for a in 'cyx'], 'datasets': [{'path': '0'}]}],
                'omero': {'channels': [{'label': 'DNA', 'color': '0000FF'}, {'label': 'mito', 'color': 'FF00FF'}]}}})
            a = np.array(pixels, 'u1').reshape(2, d['side'], d['side'])
            field.create_array('0', data=a, chunks=(1, d['side'], d['side']))
    if path.endswith('.ozx'): store.close()
print('[]')`

  it.each(['.ome.zarr', '.ozx'])(
    '%s: their fields, joined to a plate map, train as they are',
    async (ending) => {
      const folder = folderOf({ 'wells.csv': plateMap((plate) => `BR0${plate}`) })
      const wells = (plate: number) =>
        [2, 3].flatMap((row) =>
          [2, 3, 4].map((column) => ({
            row: String.fromCharCode(64 + row),
            column: String(column),
            fields: [1, 2].map((site) =>
              [1, 2].flatMap((channel) => [...pixelsOf({ plate, row, column, site, channel })]),
            ),
          })),
        )
      const plates = [1, 2, 3].map((plate) => ({
        name: `BR0${plate}${ending}`,
        wells: wells(plate),
      }))
      askPython(script, { folder, side, plates })
      const answer = await initialised(folder)
      expect(answer.said).toContain('naming: OME-Zarr plates, read in place')
      expect(answer.said).toContain(`images: {plate}${ending}/{row}/{column}/{site}`)
      expect(answer.said).toContain('1 experiment, 3 plates, 18 wells, 36 sites, 2 channels')
      expect(answer.said).toContain('images: 2 x 32 x 32 uint8 (DNA, mito)')
      expect(answer.said).toContain('label: compound; 3 classes, unit: well')
      const { store: path, trained } = await accepted(answer)
      expect(trained.status).toBe('done')
      using store = await Store.open(path)
      const site = store.screen.sites.findIndex(({ id }) => id === 'screen/BR02/C3/1')
      const place = { plate: 2, row: 3, column: 3, site: 2 }
      const planes = [1, 2].flatMap((channel) => [...pixelsOf({ ...place, channel })])
      expect([...(await readSite(store, site))]).toEqual(planes)
    },
    120_000,
  )
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
