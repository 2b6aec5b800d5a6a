import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Pixels } from '@phenoprint/pixels'
import { describe, expect, it } from 'vitest'
import { Store } from '../store/store.js'
import { readSite } from '../store/verify.js'
import { folderOf } from '../testing/folder.js'
import { askPython } from '../testing/python.js'
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
import { type Answer, accepted, initialised } from './initialise.test.support.js'

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

  it('one LoadData table that says all is used as it is', async () => {
    const name = (p: Omit<Place, 'channel'>, channel: number) =>
      `${p.plate}-${p.row}-${p.column}-${p.site}-${channel}.tif`
    const rows = places
      .filter((p) => p.channel === 1)
      .map((p) => {
        const role = compoundOf(p) === 'DMSO' ? 'negcon' : 'trt'
        return `Z${p.plate},${wellOf(p)},${p.site},${name(p, 1)},D:\\data,${name(p, 2)},D:\\data,${compoundOf(p)},${role}`
      })
    const header =
      'Metadata_Plate,Metadata_Well,Metadata_Site,FileName_DNA,PathName_DNA,FileName_AGP,PathName_AGP,Metadata_compound,Metadata_control_type'
    const folder = generatedFolder(
      (p) => `data/${name(p, p.channel)}`,
      { 'load_data.csv': [header, ...rows, ''].join('\n') },
      tiff,
    )
    const answer = await initialised(folder)
    expect(answer.said).toContain("naming: CellProfiler's LoadData table")
    expect(answer.said).toContain('images: data/{channel}')
    expect(answer.said).toContain('label: Metadata_compound; 2 classes')
    expect(readdirSync(answer.configs)).not.toContain('sites.csv')
    const { store: path, trained } = await accepted(answer)
    expect(trained.status).toBe('done')
    using store = await Store.open(path)
    const { units } = store.screen
    expect(units).toHaveLength(18)
    expect(units.filter(({ role }) => role === 'negativeControl')).toHaveLength(6)
    const site = store.screen.sites.findIndex(({ id }) => id === 'screen/Z2/C04/2')
    expect(await readSite(store, site)).toEqual(wanted)
  }, 120_000)
})

it('init on the later release of RxRx1 reads its one table', async () => {
  const experiment = (plate: number) => `RPE-0${plate}`
  const cells = places.filter((p) => p.channel === 1)
  const rows = cells.map((p) => {
    const well = `${experiment(p.plate)}_1_${wellOf(p)}`
    const part = p.plate === 3 ? 'test' : 'train'
    const kind =
      p.column === 4 ? 'negative_control,EMPTY,2' : `treatment,s${p.column},${p.column - 2}`
    return `${well}_${p.site},${well},RPE,${part},${experiment(p.plate)},1,${wellOf(p)},${p.site},${kind}`
  })
  const header =
    'site_id,well_id,cell_type,dataset,experiment,plate,well,site,well_type,sirna,sirna_id'
  const folder = generatedFolder(
    (p) => `images/${experiment(p.plate)}/Plate1/${wellOf(p)}_s${p.site}_w${p.channel}.png`,
    { 'metadata.csv': [header, ...rows, ''].join('\n') },
  )
  for (const { plate, site, ...well } of cells) {
    for (const channel of [3, 4, 5, 6]) {
      const image = `images/${experiment(plate)}/Plate1/${wellOf(well)}_s${site}_w`
      cpSync(join(folder, `${image}1.png`), join(folder, `${image}${channel}.png`))
    }
  }
  const answer = await initialised(folder)
  expect(answer.said).toContain('naming: RxRx1 (the later release)')
  expect(answer.said).toContain('3 experiments, 3 plates, 18 wells, 36 sites, 6 channels')
  expect(answer.said).toContain('split: by experiment, 2 folds')
  const { trained } = await accepted(answer)
  expect(trained.status).toBe('done')
}, 120_000)

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
