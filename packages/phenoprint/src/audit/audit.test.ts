import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Config, configSchema } from '../config/config.js'
import { StoreError } from '../errors.js'
import { randomStream } from '../random.js'
import { preprocess } from '../store/preprocess.js'
import { png, recorder } from '../store/small-screen.test.support.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { audit } from './audit.js'

afterAll(removeKeptFolders)

const side = 32
const channels = ['dna', 'actin']
const experiments = ['E1', 'E2']
const plates = ['1', '2', '3']
const wells = Array.from({ length: 12 }, (_, i) => `B${String(i + 1).padStart(2, '0')}`)

/** What a test changes of the pixels of one channel of a well, and of one row of the table. */
interface Faults {
  readonly pixels?: (place: string, plane: Uint8Array) => void
  readonly row?: (place: string, row: Row) => Row
  readonly split?: boolean
}
interface Row {
  readonly label: string
  readonly role: string
  readonly part: string
}

/** A screen of wells with smooth cells and noise, its last four wells of a plate controls. */
function makeScreen({ pixels, row, split = false }: Faults = {}): Config {
  const folder = keptFolder()
  mkdirSync(join(folder, 'images'))
  const lines = ['experiment,plate,well,label,role,part']
  let index = 0
  for (const experiment of experiments) {
    for (const plate of plates) {
      for (const [w, well] of wells.entries()) {
        const place = `${experiment}-${plate}-${well}`
        for (const channel of channels) {
          const plane = cells(index++)
          pixels?.(`${place}-${channel}`, plane)
          writeFileSync(imageOf(folder, place, channel), png(plane, side, side))
        }
        const treated = w < 8
        const place2 = experiment === 'E1' ? w : (w * 3 + 1) % 8
        const plain: Row = {
          label: treated ? `t${place2}` : `c${w % 2}`,
          role: treated ? 'treatment' : 'negativeControl',
          part: 'train',
        }
        const { label, role, part } = row?.(place, plain) ?? plain
        lines.push([experiment, plate, well, label, role, part].join(','))
      }
    }
  }
  writeFileSync(join(folder, 'wells.csv'), `${lines.join('\n')}\n`)
  return configSchema.parse({
    screen: {
      reader: 'table',
      name: 'audited',
      folder,
      table: 'wells.csv',
      images: 'images/{experiment}-{plate}-{well}-{channel}.png',
      channels: channels.map((name) => ({ name })),
      columns: {
        experiment: 'experiment',
        plate: 'plate',
        well: 'well',
        label: 'label',
        role: 'role',
        part: 'part',
      },
      onMissing: { image: 'skip', channel: 'skip' },
    },
    store: { path: join(folder, 'store'), tile: [16, 16] },
    ...(split && { split: { by: 'experiment', validation: { cells: ['E2'] } } }),
  })
}

/** Two round cells on a background, with noise: 8 bits, far from both ends. */
function cells(index: number): Uint8Array {
  const random = randomStream(5, 'audit test', index)
  const centres = [0, 1].map(() => [8 + 16 * random.uniform(), 8 + 16 * random.uniform()] as const)
  return Uint8Array.from({ length: side * side }, (_, i) => {
    const [y, x] = [Math.floor(i / side), i % side]
    const bright = centres.map(([cy, cx]) => Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 12))
    return Math.round(60 + 60 * Math.max(...bright) + 10 * random.uniform())
  })
}

function imageOf(folder: string, place: string, channel: string): string {
  return join(folder, 'images', `${place}-${channels.indexOf(channel) + 1}.png`)
}

function folders(config: Config): { folder: string; store: string } {
  return { folder: config.screen?.folder ?? '', store: config.store?.path ?? '' }
}

const reportSchema = z.object({
  findings: z.array(
    z.object({
      check: z.string(),
      severity: z.string(),
      where: z.string(),
      what: z.string(),
    }),
  ),
})

/** Runs an audit, and gives `severity check where: what` of each finding as its file has it. */
async function findings(config: Config): Promise<string[]> {
  const reporter = recorder()
  const outcome = await audit(config, reporter).catch((error: unknown) => error)
  const text = readFileSync(join(folders(config).store, 'audit.json'), 'utf8')
  const found = reportSchema.parse(JSON.parse(text)).findings
  expect(reporter.events).toEqual(found.map((finding) => ({ type: 'finding', ...finding })))
  const errors = found.some(({ severity }) => severity === 'error')
  expect(outcome instanceof StoreError, 'an error ends it, a warning does not').toBe(errors)
  return found.map(({ severity, check, where, what }) => `${severity} ${check} ${where}: ${what}`)
}

async function audited(faults: Faults): Promise<string[]> {
  const config = makeScreen(faults)
  await preprocess(config, recorder())
  return await findings(config)
}

describe('audit', () => {
  it('finds nothing in a screen without fault', async () => {
    expect(await audited({})).toEqual([])
    expect(await audited({ split: true })).toEqual([])
  })

  it('tells what images, tables and store lack of each other', async () => {
    const config = makeScreen()
    const { folder, store } = folders(config)
    const hidden = imageOf(folder, 'E1-1-B02', 'dna')
    const kept = readFileSync(hidden)
    rmSync(hidden)
    await preprocess(config, recorder())
    writeFileSync(hidden, kept)
    rmSync(imageOf(folder, 'E1-2-B03', 'actin'))
    for (const channel of channels) rmSync(imageOf(folder, 'E1-3-B04', channel))
    copyFileSync(hidden, join(folder, 'images', 'stranger.png'))
    writeFileSync(join(store, 'E9__1.ozx'), '')
    const table = readFileSync(join(folder, 'wells.csv'), 'utf8')
    writeFileSync(
      join(folder, 'wells.csv'),
      table
        .replace('E2,1,B05,t5,treatment,train\n', '')
        .replace('E2,1,B01,t1,treatment', 'E2,1,B01,t2,treatment'),
    )
    const found = await findings(config)
    expect(found).toEqual([
      'error missing E1/1/B02/1: its images are there and the store lacks it; run preprocess again',
      'warning missing E1/2/B03/1: no image of actin; stored all the same',
      'warning missing E1/3: 1 of 12 sites without any image in the folder',
      'error extra E2/1/B05/1: the store has it and the tables know nothing of it',
      expect.stringMatching(/^error tables E2\/1\/B01: the store has .*"label":1.*"label":2/),
      `warning extra ${join(store, 'E9__1.ozx')}: belongs to no plate of the screen`,
      `warning extra ${join(folder, 'images')}: 3 images that no row of the tables names; first E2-1-B05-1.png`,
    ])
  })

  it('names each site and plate that is corrupt, and goes on', async () => {
    const config = makeScreen()
    const { store } = folders(config)
    await preprocess(config, recorder())
    const file = join(store, 'E1__2.ozx')
    const bytes = readFileSync(file)
    // Shards follow each other in the order of wells; past their middle, whatever their size.
    const middle = bytes.indexOf('B/07/0/0/c/0/0/0') + 'B/07/0/0/c/0/0/0'.length + 40
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    writeFileSync(file, bytes)
    writeFileSync(join(store, 'E2__1.ozx'), 'short')
    rmSync(join(store, 'E2__3.ozx'))
    const found = await findings(config)
    expect(found).toEqual([
      expect.stringMatching(/^error corrupt E2__1\.ozx: E2__1\.ozx has 5 bytes, expected \d+$/),
      'error corrupt E2__3.ozx: E2__3.ozx is missing',
      expect.stringMatching(
        /^error corrupt E1\/2\/B07\/1: .*E1__2\.ozx: site E1\/2\/B07\/1: .*checksum/,
      ),
    ])
  })

  it('tells copies: errors where labels or sides of the split differ', async () => {
    const seen = new Map<string, Uint8Array>()
    const copyOf: Record<string, string> = {
      'E1-2-B01': 'E1-1-B01', // the same treatment
      'E1-2-B03': 'E1-1-B02', // another one
      'E2-1-B01': 'E1-1-B02', // the same as that of E1-1-B02, on the other side of the split
    }
    const found = await audited({
      split: true,
      pixels: (place, plane) => {
        seen.set(place, plane)
        const [, well = '', channel] = /^(.*)-(\w+)$/.exec(place) ?? []
        const original = seen.get(`${copyOf[well]}-${channel}`)
        if (original !== undefined) plane.set(original)
        if (place === 'E2-3-B09-actin') plane.set(seen.get('E2-3-B09-dna') ?? [])
      },
    })
    expect(found).toEqual([
      'warning duplicate E1/2/B01/1: as E1/1/B01/1: all pixels',
      'error duplicate E1/2/B03/1: as E1/1/B02/1: all pixels; their labels differ',
      'error duplicate E2/1/B01/1: as E1/1/B02/1: all pixels; one is in train, one in validation',
      'warning duplicate E2/3/B09/1: the same pixels twice: actin (there dna)',
    ])
  })

  it('takes missing channels that are zeros for no copies', async () => {
    const config = makeScreen()
    const { folder } = folders(config)
    const lacking = ['E1-1-B01', 'E1-1-B02', 'E2-3-B05']
    for (const place of lacking) rmSync(imageOf(folder, place, 'dna'))
    const { screen } = config
    if (screen === undefined) throw new Error('no screen')
    const filled = {
      ...config,
      screen: { ...screen, onMissing: { image: 'skip', channel: 'zero' } as const },
    }
    await preprocess(filled, recorder())
    expect(await findings(filled)).toEqual(
      lacking.map((place) => {
        const id = `${place.replaceAll('-', '/')}/1`
        return `warning missing ${id}: no image of dna; stored all the same`
      }),
    )
  })

  it('tells constant, saturated, blurred and outlying channels of a site', async () => {
    const found = await audited({
      pixels: (place, plane) => {
        if (place === 'E1-1-B01-dna') plane.fill(7)
        if (place === 'E1-1-B02-dna') plane.fill(255, 0, 30)
        if (place === 'E1-2-B03-actin') blur(plane)
        if (place === 'E2-1-B04-dna') dim(plane, 3)
      },
    })
    expect(found.filter((line) => !line.includes('outlier E1'))).toEqual([
      'warning constant E1/1/B01/1: dna: every pixel is 7',
      'warning saturated E1/1/B02/1: dna: 2.9 % of pixels at the limit',
      expect.stringMatching(
        /^warning focus E1\/2\/B03\/1: actin: sharpness 0\.\d+ times its plate's$/,
      ),
      expect.stringMatching(
        /^warning outlier E2\/1\/B04\/1: dna: brightness 0\.3\d times its plate's/,
      ),
    ])
  })

  it('tells the plate whose control wells differ from those of its experiment', async () => {
    const found = await audited({
      pixels: (place, plane) => {
        if (/^E1-2-B(09|1\d)-actin$/.test(place)) dim(plane, 1 / 1.3)
      },
    })
    expect(found).toEqual([
      expect.stringMatching(
        /^warning controls E1\/2: control wells unlike those of its experiment: actin: 1\.3 times as bright$/,
      ),
    ])
  })

  it('tells labels that leak: plates and wells on two sides, experiments of one layout', async () => {
    const half = (place: string, row: Row) =>
      /^E1-1-B0[1-4]/.test(place) ? { ...row, part: 'test' } : row
    expect(await audited({ row: half })).toEqual([
      'error leak E1/1: the plate is in test and in train',
    ])
    const sameLayout = (place: string, row: Row) =>
      row.role === 'treatment' ? { ...row, label: `t${Number(place.slice(-2)) - 1}` } : row
    expect(await audited({ row: sameLayout, split: true })).toEqual([
      'warning layout E1, E2: one layout of treatments on their plates, on different sides of the split: E1 in train, E2 in validation',
    ])
  })
})

/** A box of 9x9, twice: as out of focus. */
function blur(plane: Uint8Array): void {
  for (let times = 0; times < 2; times++) {
    const before = Uint8Array.from(plane)
    const at = (y: number, x: number) =>
      before[Math.min(side - 1, Math.max(0, y)) * side + Math.min(side - 1, Math.max(0, x))] ?? 0
    for (let i = 0; i < plane.length; i++) {
      let sum = 0
      for (let dy = -4; dy <= 4; dy++) {
        for (let dx = -4; dx <= 4; dx++) sum += at(Math.floor(i / side) + dy, (i % side) + dx)
      }
      plane[i] = sum / 81
    }
  }
}

function dim(plane: Uint8Array, by: number): void {
  plane.set(plane.map((value) => value / by))
}
