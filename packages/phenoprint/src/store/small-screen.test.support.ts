import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import type { Pixels } from '@phenoprint/pixels'
import { randomStream } from '../random.js'
import type { RunEvent } from '../run/reporter.js'
import type { Channel, Plate, Screen, Site, Unit } from '../screen/screen.js'
import { keptFolder } from '../testing/kept-folder.js'
import type { StoreOrder } from './survey.js'
import { emptyPixels, type PixelType } from './tiling.js'

/** What a small screen for tests is made of. */
export interface SmallScreen {
  readonly dtype?: PixelType
  readonly height?: number
  readonly width?: number
  readonly channels?: number
  readonly plates?: readonly string[]
  /** Experiment of each plate. */
  readonly experiments?: readonly string[]
  readonly wells?: readonly string[]
  readonly sites?: number
  readonly unitKind?: 'well' | 'image'
  /** Values are below this. */
  readonly brightest?: number
  /** Sites whose pixels are all 0. */
  readonly dark?: (site: number) => boolean
}

export interface MadeScreen {
  readonly folder: string
  readonly screen: Screen
  /** Pixels of each site, `[channel, y, x]`. */
  readonly pixels: readonly Pixels[]
}

/** Draws a screen's pixels, writes them as PNGs and describes them. */
export function smallScreen(of: SmallScreen = {}): MadeScreen {
  const { dtype = 'uint8', height = 20, width = 24, channels = 2 } = of
  const { plates: names = ['1', '2'], wells = ['B02', 'B03', 'C02'], sites: count = 2 } = of
  const experiment = (plate: number) => of.experiments?.[plate] ?? 'E1'
  const { unitKind = 'well', brightest = dtype === 'uint8' ? 256 : 65536 } = of
  const folder = keptFolder()
  const plates: Plate[] = []
  const units: Unit[] = []
  const sites: Site[] = []
  const pixels: Pixels[] = []
  const addUnit = (id: string, plate: number, well: string, members: readonly string[]) => {
    const unit: number[] = []
    for (const site of members) {
      const index = sites.length
      const limit = of.dark?.(index) ? 1 : brightest
      const values = draw(index, dtype, channels * height * width, limit)
      const images = writeSite(folder, `${plate}/${well}-${site}`, values, channels, height, width)
      unit.push(index)
      sites.push({
        id: `${experiment(plate)}/${names[plate]}/${well}/${site}`,
        site,
        unit: units.length,
        images,
      })
      pixels.push(values)
    }
    const label = units.length % 3
    const code = id.replaceAll('/', '_')
    units.push({
      id,
      plate,
      well,
      role: 'treatment',
      label,
      part: 'train',
      code,
      sites: unit,
    })
    return units.length - 1
  }
  names.forEach((name, plate) => {
    const id = `${experiment(plate)}/${name}`
    const plateUnits: number[] = []
    for (const well of wells) {
      const members = Array.from({ length: count }, (_, site) => String(site + 1))
      if (unitKind === 'well') plateUnits.push(addUnit(`${id}/${well}`, plate, well, members))
      else
        for (const site of members)
          plateUnits.push(addUnit(`${id}/${well}/${site}`, plate, well, [site]))
    }
    plates.push({
      id,
      experiment: experiment(plate),
      cellType: 'HeLa',
      plate: name,
      units: plateUnits,
    })
  })
  const named: Channel[] = Array.from({ length: channels }, (_, c) => ({
    name: `channel ${c}`,
    color: c === 0 ? '00FF00' : 'FF0000',
  }))
  const screen: Screen = {
    name: 'small',
    unitKind,
    channels: named,
    classes: 3,
    controlClasses: 0,
    classNames: null,
    plates,
    units,
    sites,
    synthetic: true,
  }
  return { folder, screen, pixels }
}

/** The path of a channel of a site. */
export function imageOf({ sites }: Screen, site: number, channel: number): string {
  return sites[site]?.images[channel] ?? ''
}

function draw(site: number, dtype: PixelType, length: number, brightest: number): Pixels {
  const stream = randomStream(11, 'small screen', site)
  const pixels = emptyPixels(dtype, length)
  for (let i = 0; i < length; i++) pixels[i] = stream.integer(brightest)
  return pixels
}

function writeSite(
  folder: string,
  name: string,
  pixels: Pixels,
  channels: number,
  height: number,
  width: number,
): string[] {
  return Array.from({ length: channels }, (_, c) => {
    const path = join(folder, `${name}-w${c + 1}.png`)
    const plane = pixels.subarray(c * height * width, (c + 1) * height * width)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, png(plane, height, width))
    return path
  })
}

/** A grey PNG, or RGB when there are three times as many values. */
export function png(plane: Pixels, height: number, width: number): Buffer {
  const depth = plane instanceof Uint8Array ? 8 : 16
  const samples = plane.length / (height * width)
  const rowBytes = (samples * width * depth) / 8
  const rows = Buffer.alloc(height * (1 + rowBytes))
  plane.forEach((value, i) => {
    const y = Math.floor(i / (width * samples))
    const at = y * (1 + rowBytes) + 1 + ((i % (width * samples)) * depth) / 8
    if (depth === 8) rows.writeUInt8(value, at)
    else rows.writeUInt16BE(value, at)
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.writeUInt8(depth, 8)
  header.writeUInt8(samples === 3 ? 2 : 0, 9)
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const bytes = Buffer.alloc(12 + data.length)
  bytes.writeUInt32BE(data.length, 0)
  bytes.write(type, 4, 'latin1')
  data.copy(bytes, 8)
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length)
  return bytes
}

/** An order for a store in a new folder (or a given one). */
export function order(
  made: MadeScreen,
  store: Partial<StoreOrder['store']> = {},
  onMissing: Partial<StoreOrder['onMissing']> = {},
): StoreOrder {
  return {
    folder: made.folder,
    onMissing: { image: 'error', channel: 'error', ...onMissing },
    store: { path: join(keptFolder(), 'store'), tile: [8, 8], codec: 'zstd', ...store },
  }
}

/** A reporter that keeps what it is told. */
export function recorder(signal: AbortSignal = new AbortController().signal) {
  const lines: string[] = []
  const events: RunEvent[] = []
  const units = new Set<string>()
  let advanced = 0
  return {
    lines,
    events,
    /** What was counted. */
    units,
    get advanced() {
      return advanced
    },
    say: (line: string) => void lines.push(line),
    event: (event: RunEvent) => void events.push(event),
    progress: (_label = '', _total = 0, unit = '') => {
      units.add(unit)
      return {
        advance: (count: number) => {
          advanced += count
        },
        done: () => {},
      }
    },
    signal,
  }
}
