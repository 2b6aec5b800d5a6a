import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { decodeInto } from '@phenoprint/pixels'
import { manualSeed, setThreads } from '@phenoprint/torch'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Config, configSchema } from '../config/config.js'
import { saveCheckpoint } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import { createNetwork } from '../models/create-network.js'
import { describeNetwork } from '../models/network.js'
import { listeningReporter } from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import {
  type MadeScreen,
  order,
  recorder,
  smallScreen,
} from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { itOnDevices } from '../testing/devices.js'
import { temporaryFolder } from '../testing/folder.js'
import { colourOf, colourPicture } from './colour-picture.js'
import { explain } from './explain.js'
import { explainedUnits } from './explained-units.js'

const side = 40
let made: MadeScreen
let store = ''
let digest = ''

/** Plate 1 is of HeLa, plate 2 of U2OS; all but the last unit are test units, and that has no label. */
beforeAll(async () => {
  setThreads(1)
  made = smallScreen({ height: side, width: side, plates: ['1', '2'], experiments: ['E1', 'E2'] })
  const { screen } = made
  const changed: Screen = {
    ...screen,
    plates: screen.plates.map((plate, i) => ({ ...plate, cellType: i === 0 ? 'HeLa' : 'U2OS' })),
    units: screen.units.map((unit, i) => ({
      ...unit,
      part: i === 0 ? 'train' : 'test',
      label: i === 5 ? null : unit.label,
    })),
  }
  const { path } = order(made, { tile: [32, 32] }).store
  store = path
  await makeStore(
    changed,
    { ...order(made), store: { path, tile: [32, 32], codec: 'zstd' } },
    recorder(),
  )
  digest = (await Store.open(path)).digest
})

function trainedRun(folder: string): string {
  const run = join(folder, 'trained')
  const model = { architecture: 'efficientnet-b0', kernels: 'stock' }
  const config = configSchema.parse({ output: run, store: { path: store, tile: [32, 32] }, model })
  using directory = RunDirectory.open(run, { verb: 'train', config })
  directory.record({ data: digest })
  const path = checkpointFile(run, 'best')
  mkdirSync(dirname(path), { recursive: true })
  manualSeed(3)
  const shape = { channels: 2, classes: 3 }
  using network = createNetwork(config.model, shape)
  const description = describeNetwork(network, config.model, shape)
  saveCheckpoint(path, network, {
    description,
    config,
    epoch: 1,
    trainingLoss: 1,
    validation: null,
  })
  directory.finish({ status: 'done', figures: {}, files: [] })
  return run
}

function configOf(section: object = {}): Config & { readonly output: string } {
  const folder = temporaryFolder()
  const output = join(folder, 'explain')
  return {
    ...configSchema.parse({ output, explain: { from: trainedRun(folder), ...section } }),
    output,
  }
}

function table({ output }: { readonly output: string }) {
  const text = readFileSync(join(output, 'channels.csv'))
  return z.array(z.record(z.string(), z.string())).parse(parse(text, { columns: true }))
}

describe('explain', () => {
  itOnDevices('writes a sheet a site, and what lies in each channel', async (device) => {
    const config = { ...configOf({ count: 3, brightest: [200, 100] }), device }
    const { reporter, lines } = listeningReporter()
    const result = await explain(config, reporter)
    expect(result.figures).toMatchObject({ synthetic: true, units: 3 })
    const pictures = readdirSync(join(config.output, 'pictures')).sort()
    expect(pictures).toHaveLength(6)
    // Cell types in turn: two of the three units are of the first.
    expect(pictures.filter((name) => name.startsWith('E1_1_'))).toHaveLength(4)
    for (const file of result.files) expect(existsSync(file)).toBe(true)
    expect(
      lines.filter((line) => /^explain: (HeLa|U2OS): .*channel 0 \d+ %/.test(line)),
    ).toHaveLength(2)

    const bytes = readFileSync(join(config.output, 'pictures', pictures[0] ?? ''))
    const width = 3 * (side + 4) - 4
    const planes = new Uint8Array(3 * width * width)
    expect(await decodeInto(bytes, [0, 1, 2], planes)).toMatchObject({ width, height: width })
    const site = made.screen.sites.findIndex(
      ({ id }) => `${id.replaceAll('/', '_')}.png` === pictures[0],
    )
    const display = { colours: made.screen.channels.map(colourOf), brightest: [200, 100] }
    const { rgb } = colourPicture(
      made.pixels[site] ?? new Uint8Array(),
      { height: side, width: side },
      display,
    )
    const corner = Array.from({ length: side * side }, (_, i) =>
      [0, 1, 2].map((c) => planes[c * width * width + Math.floor(i / side) * width + (i % side)]),
    )
    expect(corner.flat()).toEqual([...rgb])

    const rows = table(config)
    expect(rows).toHaveLength(12)
    for (let i = 0; i < 12; i += 2) {
      expect(Number(rows[i]?.share) + Number(rows[i + 1]?.share)).toBeCloseTo(1, 5)
      expect(Number(rows[i]?.probability)).toBeGreaterThanOrEqual(0.3333)
    }
    expect((await explain(config, silentReporter)).status).toBe('already done')
  })

  it('explains named units and a given class', async () => {
    const config = configOf({ units: ['E2_2_B03', 'E1/1/B02'], class: 2, methods: ['gradCam'] })
    await explain(config, silentReporter)
    const rows = table(config)
    expect(new Set(rows.map(({ unit }) => unit))).toEqual(new Set(['E1/1/B02', 'E2/2/B03']))
    expect(new Set(rows.map((row) => row.class))).toEqual(new Set(['2']))
  })

  it('explains labels', async () => {
    const config = configOf({ units: ['E1/1/B03'], class: 'label' })
    await explain(config, silentReporter)
    expect(table(config).every((row) => row.class === row.label && row.label === '1')).toBe(true)
  })

  it.each([
    [{ units: ['E1/9/B02'] }, 'explain.units: got "E1/9/B02", expected the id or code'],
    [{ class: 3 }, 'explain.class: got 3, expected call, label or a class from 0 to 2'],
    [{ units: ['E2/2/C02'], class: 'label' }, 'unit E2/2/C02 has no known label'],
    [{ split: 'validation' }, 'has no validation unit'],
    [{ brightest: [1, 2, 3] }, 'got 3 values, expected one for each of the 2 channels'],
  ])('refuses %j', async (section, message) => {
    await expect(explain(configOf(section), silentReporter)).rejects.toThrow(message)
  })

  it('leaves no run behind where it refuses', async () => {
    const config = configOf({ class: 3 })
    await expect(explain(config, silentReporter)).rejects.toThrow()
    expect(existsSync(config.output)).toBe(false)
  })
})

describe('units that are drawn', () => {
  const draw = async (section: object, seed: number) => {
    using opened = await Store.open(store)
    const { screen } = opened
    const { explain: of, split } = configSchema.parse({ explain: { from: 'any', ...section } })
    if (of === undefined) throw new Error('no section')
    return explainedUnits(screen, of, split, seed).map((unit) => screen.units[unit]?.id ?? '')
  }

  it('are others at another seed, and the same at the same', async () => {
    const drawn = await Promise.all([1, 1, 2, 3, 4].map((seed) => draw({ count: 2 }, seed)))
    expect(drawn[0]).toEqual(drawn[1])
    expect(new Set(drawn.map((ids) => ids.join())).size).toBeGreaterThan(1)
    for (const ids of drawn) expect(ids.map((id) => id.slice(0, 2))).toEqual(['E1', 'E2'])
  })

  it('are all there are when more are asked for, each once', async () => {
    const all = await draw({ count: 100 }, 1)
    expect(all).toEqual(['E1/1/B03', 'E1/1/C02', 'E2/2/B02', 'E2/2/B03', 'E2/2/C02'])
  })
})
