import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, ScreenError } from '../errors.js'
import { folderOf } from '../testing/folder.js'
import { readScreen } from './read-screen.js'
import type { Screen } from './screen.js'
import { competition, dataFolder, screenSection } from './tables.test.support.js'

const table = [
  'batch,barcode,pos,field,compound,type,line,set,dna',
  'b1,P2,A1,1,beta,trt,A549,train,x/1.tif',
  'b1,P2,A1,2,beta,trt,A549,train,x/2.tif',
  'b1,P2,A2,1,alpha,trt,A549,train,x/3.tif',
  'b1,P10,A1,1,DMSO,negcon,A549,train,x/4.tif',
  'b2,P3,A1,1,,trt,U2OS,test,x/5.tif',
  '',
].join('\n')
const fields = {
  table: 'wells.csv',
  images: 'images/{barcode}/{well}-{site}-{channel}.tif',
  channels: [{ name: 'DNA', file: 'd0' }, { name: 'actin' }],
  columns: {
    experiment: 'batch',
    cellType: 'line',
    plate: 'barcode',
    well: 'pos',
    site: 'field',
    label: 'compound',
    role: 'type',
    part: 'set',
  },
  roles: { trt: 'treatment', negcon: 'negativeControl' },
}

const read = async (text: string, more: Record<string, unknown> = {}): Promise<Screen> => {
  const folder = folderOf({ 'wells.csv': text })
  return readScreen(screenSection({ reader: 'table', folder, ...fields, ...more }))
}

describe('a screen from any table', () => {
  it('reads columns, templates, roles, parts, sorted labels and paths', async () => {
    const screen = await read(table)
    expect(screen.plates.map(({ id, cellType }) => [id, cellType])).toEqual([
      ['b1/P10', 'A549'],
      ['b1/P2', 'A549'],
      ['b2/P3', 'U2OS'],
    ])
    expect(screen.units.map(({ id, role, label, part }) => [id, role, label, part])).toEqual([
      ['b1/P10/A1', 'negativeControl', 2, 'train'],
      ['b1/P2/A1', 'treatment', 1, 'train'],
      ['b1/P2/A2', 'treatment', 0, 'train'],
      ['b2/P3/A1', 'treatment', null, 'test'],
    ])
    expect([screen.classes, screen.controlClasses]).toEqual([2, 1])
    expect(screen.classNames).toEqual(['alpha', 'beta'])
    expect(screen.sites[2]?.images.map((path) => path.replace(/.*images/, ''))).toEqual([
      '/P2/A1-2-d0.tif',
      '/P2/A1-2-2.tif',
    ])
    expect(screen.channels).toEqual([{ name: 'DNA' }, { name: 'actin' }])
  })

  it('takes one file for all channels where the path has no {channel}', async () => {
    const screen = await read(table, { images: '{dna}' })
    expect(screen.sites[1]?.images).toHaveLength(1)
    expect(screen.sites[1]?.images[0]).toMatch(/\/x\/1\.tif$/)
  })

  it('takes a column a channel where {channel} is itself a pattern', async () => {
    const channels = [{ name: 'DNA', file: '{dna}' }]
    const screen = await read(table, { images: 'raw/{channel}', channels })
    expect(screen.sites[0]?.images[0]).toMatch(/\/raw\/x\/4\.tif$/)
  })

  it('makes a unit of each image when told, and takes the given class order', async () => {
    const screen = await read(table, { unit: 'image', classNames: ['beta', 'gamma', 'alpha'] })
    expect(screen.units.map(({ id, label }) => [id, label])).toEqual([
      ['b1/P10/A1/1', 3],
      ['b1/P2/A1/1', 0],
      ['b1/P2/A1/2', 0],
      ['b1/P2/A2/1', 2],
      ['b2/P3/A1/1', null],
    ])
  })

  it('sorts whole numbers as numbers', async () => {
    const numbers = table.replaceAll('alpha', '100').replaceAll('beta', '20')
    expect((await read(numbers)).classNames).toEqual(['20', '100'])
  })

  it('reads the wells of RxRx1 as its own reader does', async () => {
    const folder = folderOf(competition)
    const screen = await readScreen(
      screenSection({
        reader: 'table',
        folder,
        table: 'train.csv',
        images: 'train/{experiment}/Plate{plate}/{well}_s{site}_w{channel}.png',
        channels: [1, 2, 3, 4, 5, 6].map((c) => ({ name: `w${c}` })),
        columns: { experiment: 'experiment', plate: 'plate', well: 'well', label: 'sirna' },
        sites: ['1', '2'],
      }),
    )
    const own = await readScreen(screenSection({ reader: 'rxrx1', folder }))
    const trained = own.units.filter((unit) => unit.part === 'train' && unit.role === 'treatment')
    expect(screen.units.map(({ id, label }) => [id, label])).toEqual(
      trained.map(({ id, label }) => [id, label]),
    )
    expect(screen.sites.map(({ id, images }) => [id, images])).toEqual(
      trained.flatMap(({ sites }) =>
        sites.map((site) => [own.sites[site]?.id, own.sites[site]?.images]),
      ),
    )
  })
})

describe('faults of a table', () => {
  const refuses = async (
    kind: typeof ScreenError | typeof ConfigError,
    pattern: RegExp,
    text: string,
    more: Record<string, unknown> = {},
  ) => {
    const fault: unknown = await read(text, more).catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(kind)
    expect(fault instanceof Error ? fault.message : '').toMatch(pattern)
  }
  const swap = (from: string, to: string) => table.replace(from, to)

  it('blames the configuration for a column that is not there', async () => {
    const columns = { ...fields.columns, plate: 'barcod' }
    await refuses(
      ConfigError,
      /screen\.columns\.plate: got "barcod".*Did you mean barcode\?/,
      table,
      {
        columns,
      },
    )
    await refuses(ConfigError, /screen\.columns\.site: got "row"/, table, {
      columns: { ...fields.columns, site: '{field}-{row}' },
    })
    await refuses(ConfigError, /screen\.images: got "\{wel\}".*Did you mean well\?/, table, {
      images: '{wel}.png',
    })
    await refuses(ConfigError, /channels\[\]\.file: got "\{rna\}"/, table, {
      channels: [{ name: 'RNA', file: '{rna}' }],
    })
    await refuses(ConfigError, /screen\.images: got "\{well.png"/, table, { images: '{well.png' })
    await refuses(ConfigError, /both sites and columns\.site/, table, { sites: ['1', '2'] })
  })

  it('names the rows that are at fault', async () => {
    await refuses(
      ScreenError,
      /P2: well A1, site 1 stands twice: at .*csv:2 and at .*csv:3/,
      swap('A1,2,', 'A1,1,'),
    )
    await refuses(
      ScreenError,
      /wells\.csv:3: column "type": got "poscon".*roles: \{"poscon": treatment\}/,
      swap('2,beta,trt', '2,beta,poscon'),
    )
    await refuses(
      ScreenError,
      /plate b1\/P2: got cell type "U2OS" at .*csv:4 and "A549" at .*csv:2/,
      swap('alpha,trt,A549', 'alpha,trt,U2OS'),
    )
    await refuses(ScreenError, /:5: column "barcode": got ""/, swap('P10', ''))
    await refuses(ScreenError, /:5: column "barcode": got "P\/10"/, swap('P10', 'P/10'))
    await refuses(ScreenError, /:6: column "set": got "tset"/, swap(',test,', ',tset,'))
    await refuses(
      ScreenError,
      /well A1: label is 1 .*csv:2 but 0 .*csv:3/,
      swap('2,beta', '2,alpha'),
    )
    await refuses(ScreenError, /:4: column "compound": got "alpha".*2 classes/, table, {
      classNames: ['beta', 'gamma'],
    })
    await refuses(ScreenError, /wells\.csv: got an empty file/, '')
    await refuses(ScreenError, /column "batch" stands twice/, swap('barcode', 'batch'))
  })
})

describe.skipIf(!existsSync(join(dataFolder, 'mitocheck')))(
  'the real MitoCheck table (needs the data folder)',
  () => {
    it('gives every cell as a unit of its own', async () => {
      const screen = await readScreen(
        screenSection({
          reader: 'table',
          folder: join(dataFolder, 'mitocheck'),
          table: 'manifest.csv',
          unit: 'image',
          images: 'images/{file}',
          channels: [{ name: 'H2B-GFP' }],
          columns: { plate: 'plate', well: 'well', site: '{frame}-{x}-{y}', label: 'class' },
        }),
      )
      expect([screen.units.length, screen.plates.length, screen.classes]).toEqual([3277, 67, 16])
      expect(existsSync(screen.sites[3276]?.images[0] ?? '')).toBe(true)
    })
  },
)
