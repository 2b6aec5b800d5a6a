import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { manualSeed, noGrad, setThreads, tensor, tidy } from '@phenoprint/torch'
import { parse } from 'csv-parse/sync'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { BatchLoader } from '../batches/batch-loader.js'
import { predictionSamples } from '../batches/samples.js'
import { configSchema } from '../config/config.js'
import { loadNetwork, saveCheckpoint } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import { createNetwork } from '../models/create-network.js'
import { describeNetwork } from '../models/network.js'
import { listeningReporter } from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { itOnDevices } from '../testing/devices.js'
import { temporaryFolder } from '../testing/folder.js'
import { askPython } from '../testing/python.js'
import { embed } from './embed.js'

let store = ''
let digest = ''
const tile: [number, number] = [32, 32]

/** Two experiments of a plate each: two treatments and a negative control, in wells of two sites. */
beforeAll(async () => {
  setThreads(1)
  const made = smallScreen({ height: 40, width: 40, plates: ['1', '2'], experiments: ['E1', 'E2'] })
  const changed: Screen = {
    ...made.screen,
    classes: 2,
    controlClasses: 1,
    units: made.screen.units.map((unit, i) => ({
      ...unit,
      role: i % 3 === 2 ? 'negativeControl' : 'treatment',
    })),
  }
  store = order(made, { tile }).store.path
  await makeStore(
    changed,
    { ...order(made), store: { path: store, tile, codec: 'zstd' } },
    recorder(),
  )
  digest = (await Store.open(store)).digest
})

function trainedRun(folder: string): string {
  const run = join(folder, 'trained')
  const model = { architecture: 'efficientnet-b0', kernels: 'stock' }
  const config = configSchema.parse({ output: run, store: { path: store, tile }, model })
  using directory = RunDirectory.open(run, { verb: 'train', config })
  directory.record({ data: digest })
  const path = checkpointFile(run, 'best')
  mkdirSync(dirname(path), { recursive: true })
  manualSeed(3)
  const shape = { channels: 2, classes: 2 }
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

function configOf(section: object = {}) {
  const folder = temporaryFolder()
  const output = join(folder, 'embed')
  const from = trainedRun(folder)
  return { ...configSchema.parse({ output, embed: { from, ...section } }), output }
}

const read = z.object({
  names: z.array(z.string()),
  texts: z.array(z.record(z.string(), z.string())),
  values: z.array(z.array(z.number())),
  kinds: z.array(z.string()),
})

/** The file as pandas reads it. */
function embeddings({ output }: { readonly output: string }) {
  const script = `
import pandas as pd
t = pd.read_parquet(d)
m = [c for c in t if c.startswith('Metadata_')]; f = [c for c in t if not c.startswith('Metadata_')]
print(json.dumps({'names': list(t), 'texts': t[m].to_dict('records'), 'values': t[f].values.tolist(),
                  'kinds': sorted({str(k) for k in t[f].dtypes})}))`
  return read.parse(askPython(script, join(output, 'embeddings.parquet')))
}

/** Features of one unit by the trained network itself, averaged over all its tiles. */
async function directly(run: string, unit: number): Promise<number[]> {
  using opened = await Store.open(store)
  await using loader = new BatchLoader(opened, configSchema.parse({}).normalise)
  const { network } = loadNetwork(run, 'best')
  const sites = opened.screen.units[unit]?.sites ?? []
  const tilesPerSite = opened.tilesPerSite
  const batch = await loader.load(
    predictionSamples({ sites, tilesPerSite, symmetries: ['identity'] }),
  )
  const [count, channels, height, width] = batch.shape
  try {
    const means = tidy(() =>
      noGrad(() => {
        const images = tensor(batch.images, { shape: [count, height, width, channels] })
        const features = network.features(images.permute([0, 3, 1, 2]))
        return [
          ...features
            .mean({ dim: [0] })
            .contiguous()
            .toTypedArray(),
        ].map(Number)
      }),
    )
    return means
  } finally {
    network.dispose()
  }
}

describe('embed', () => {
  const title = 'writes the features of each unit, over all its tiles, as pandas reads profiles'
  itOnDevices(title, async (device) => {
    const config = { ...configOf({ correct: 'none' }), device }
    const result = await embed(config, silentReporter)
    expect(result.files.map((path) => existsSync(path))).toEqual([true, true, true])
    const { names, texts, values, kinds } = embeddings(config)
    expect(names.slice(0, 3)).toEqual(['Metadata_Plate', 'Metadata_Well', 'Metadata_experiment'])
    expect(names.slice(8, 10)).toEqual(['Embedding_0000', 'Embedding_0001'])
    expect(names).toHaveLength(8 + 1280)
    expect(kinds).toEqual(['float32'])
    expect(texts[2]).toMatchObject({
      Metadata_Plate: 'E1_1',
      Metadata_Well: 'C02',
      Metadata_role: 'negativeControl',
      Metadata_label: '2',
      Metadata_unit: 'E1/1/C02',
    })
    const share = device === 'cpu' ? 1e-4 : 0.02
    for (const unit of [0, 5]) {
      const expected = await directly(config.embed?.from ?? '', unit)
      expect(expected).toHaveLength(1280)
      const largest = Math.max(...expected.map(Math.abs))
      values[unit]?.forEach((value, c) => {
        expect(Math.abs(value - (expected[c] ?? 9))).toBeLessThan(share * largest)
      })
    }
    expect((await embed(config, silentReporter)).status).toBe('already done')
  })

  it('takes the negative controls of each plate off, and says how replicates find each other', async () => {
    const config = configOf()
    const { reporter, lines } = listeningReporter()
    await embed(config, reporter)
    const { texts, values } = embeddings(config)
    expect(values).toHaveLength(6)
    values.forEach((row, i) => {
      const control = texts[i]?.Metadata_role === 'negativeControl'
      expect(row.every((value) => value === 0)).toBe(control)
    })
    const text = readFileSync(join(config.output, 'metrics.json'), 'utf8')
    const question = z.object({
      overall: z.object({ treatments: z.number(), meanAveragePrecision: z.number() }),
    })
    const figures = z
      .object({ synthetic: z.literal(true), activity: question, consistency: question })
      .parse(JSON.parse(text))
    expect(figures.activity.overall.treatments).toBe(2)
    const csv = readFileSync(join(config.output, 'treatments.csv'))
    const table = z.array(z.record(z.string(), z.string())).parse(parse(csv, { columns: true }))
    expect(table.map(({ question: of, label }) => `${of} ${label}`)).toEqual([
      'activity 0',
      'activity 1',
      'consistency 0',
      'consistency 1',
    ])
    expect(lines.join('\n')).toMatch(/consistency +HeLa +2 +[01]\.\d{4} +-?[01]\.\d{4}/)
  })

  it('whitens by all wells where asked to', async () => {
    const config = configOf({ correct: 'whiten', reference: 'all', ridge: 0.1 })
    await embed(config, silentReporter)
    const { values } = embeddings(config)
    const [first = []] = values
    const squares = first.reduce((sum, value) => sum + value * value, 0)
    expect(squares).toBeGreaterThan(0)
    const sum = values.slice(0, 3).reduce((total, row) => total + (row[7] ?? 0), 0)
    expect(sum).toBeCloseTo(0, 3)
  })

  it('refuses plates without controls of the kind, and a run that is none of training', async () => {
    const config = configOf({ correct: 'whiten' })
    await expect(embed(config, silentReporter)).rejects.toThrow('embed.correct to centre')
    const other = { ...config, embed: configSchema.parse({ embed: { from: config.output } }).embed }
    await expect(embed({ ...other, output: `${config.output}-2` }, silentReporter)).rejects.toThrow(
      'embed.from',
    )
  })
})
