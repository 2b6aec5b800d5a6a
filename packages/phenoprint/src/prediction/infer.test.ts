import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import {
  manualSeed,
  noGrad,
  setThreads,
  TorchError,
  tensor,
  threads,
  tidy,
} from '@phenoprint/torch'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { BatchLoader } from '../batches/batch-loader.js'
import { normaliseSection } from '../batches/normalise.test.support.js'
import { type Config, configSchema } from '../config/config.js'
import { CheckpointError, MachineError, PhenoprintError, PredictionError } from '../errors.js'
import { row } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import { saveCheckpoint } from '../models/checkpoint.js'
import { bestOf, cellTypeFolder, checkpointFile } from '../models/checkpoint-path.js'
import { createNetwork } from '../models/create-network.js'
import { describeNetwork } from '../models/network.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import {
  order,
  recorder,
  type SmallScreen,
  smallScreen,
} from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { itOnDevices } from '../testing/devices.js'
import { temporaryFolder } from '../testing/folder.js'
import { infer } from './infer.js'
import { listeningReporter } from './predictions.test.support.js'
import { readPredictions } from './unit-predictions.js'
import { readViews } from './view-predictions.js'

/** Plates 1 and 2 train, 3 and 4 validate; odd ones are HeLa, even ones U2OS. The last well is a test well without label. */
async function makeTestStore(of: SmallScreen = {}): Promise<string> {
  const made = smallScreen({
    height: 32,
    width: 32,
    sites: 1,
    plates: ['1', '2', '3', '4'],
    ...of,
  })
  const { screen } = made
  const last = screen.units.length - 1
  const changed: Screen = {
    ...screen,
    plates: screen.plates.map((plate, i) => ({
      ...plate,
      experiment: `E${i + 1}`,
      cellType: i % 2 === 0 ? 'HeLa' : 'U2OS',
    })),
    units: screen.units.map((unit, i) =>
      i === last ? { ...unit, label: null, part: 'test' } : unit,
    ),
  }
  const { path } = order(made, { tile: [32, 32] }).store
  await makeStore(
    changed,
    { ...order(made), store: { path, tile: [32, 32], codec: 'zstd' } },
    recorder(),
  )
  return path
}

const split = { validation: { HeLa: ['E3'], U2OS: ['E4'] } }
const model = { architecture: 'efficientnet-b0', kernels: 'stock' }
let store = ''
let digest = ''
beforeAll(async () => {
  // Tests run side by side: threads that wait for each other's cores would take far longer.
  setThreads(1)
  store = await makeTestStore()
  digest = (await Store.open(store)).digest
})

interface Trained {
  readonly channels?: number
  readonly classes?: number
  readonly tile?: readonly [number, number]
  /** Checkpoints below the run's folder, each of another network. */
  readonly files?: (run: string) => readonly string[]
  readonly verb?: 'train' | 'fine-tune'
  /** The section of its configuration. */
  readonly normalise?: object
}

/** A finished run of training, with fresh networks. */
function trainedRun(
  folder: string,
  { channels = 2, classes = 3, tile = [32, 32], files, verb = 'train', normalise }: Trained = {},
): string {
  const run = join(folder, 'trained')
  const at = { output: run, store: { path: store, tile } }
  const config = configSchema.parse({ ...at, split, model, normalise })
  using directory = RunDirectory.open(run, { verb, config })
  directory.record({ data: digest })
  const paths = files?.(run) ?? [checkpointFile(run, 'best')]
  paths.forEach((path, seed) => {
    mkdirSync(dirname(path), { recursive: true })
    manualSeed(seed)
    using network = createNetwork(config.model, { channels, classes })
    const description = describeNetwork(network, config.model, { channels, classes })
    saveCheckpoint(path, network, {
      description,
      config,
      epoch: 1,
      trainingLoss: 1,
      validation: null,
    })
  })
  directory.finish({ status: 'done', figures: {}, files: [] })
  return run
}

function configOf(folder: string, prediction: object = {}, top: object = {}): Config {
  return configSchema.parse({
    output: join(folder, 'infer'),
    prediction: { from: join(folder, 'trained'), threads: 1, ...prediction },
    ...top,
  })
}

/** Logits of each unit by the plainest means: one image at a time through the network of a seed. */
async function expectedLogits(
  units: readonly number[],
  seedOf: (cellType: string) => number,
  normalise: Readonly<Record<string, unknown>> = { by: 'tile' },
) {
  using opened = await Store.open(store)
  await using loader = new BatchLoader(opened, normaliseSection(normalise))
  const networks = [0, 1].map((seed) => {
    manualSeed(seed)
    const section = configSchema.parse({ model }).model
    return createNetwork(section, { channels: 2, classes: 3 }).eval()
  })
  const rows: number[][] = []
  for (const index of units) {
    const unit = opened.screen.units[index]
    const network = networks[seedOf(opened.screen.plates[unit?.plate ?? 0]?.cellType ?? '')]
    const views: number[][] = []
    for (const symmetry of ['identity', 'rot90'] as const) {
      const { images } = await loader.load([{ site: unit?.sites[0] ?? -1, tile: 0, symmetry }])
      const input = () => tensor(images, { shape: [1, 32, 32, 2] }).permute([0, 3, 1, 2])
      views.push(tidy(() => noGrad(() => network?.forward(input()).toNumbers() ?? [])))
    }
    rows.push([0, 1, 2].map((k) => views.reduce((sum, view) => sum + (view[k] ?? 0) / 2, 0)))
  }
  for (const network of networks) network.dispose()
  return rows
}

/** The largest difference, as a share of the largest value: logits of a network that was not trained are tiny. */
function distance(values: Iterable<number>, expected: readonly number[]): number {
  const differences = [...values].map((value, k) => Math.abs(value - (expected[k] ?? Number.NaN)))
  return Math.max(...differences) / Math.max(...expected.map(Math.abs))
}

const turned = { symmetries: ['identity', 'rot90'] }

describe('infer', () => {
  itOnDevices('predicts units, and writes views, metrics and calls', async (device) => {
    const folder = temporaryFolder()
    trainedRun(folder)
    const { reporter, lines } = listeningReporter()
    const config = { ...configOf(folder, turned), device }
    const result = await infer(config, reporter)
    expect(result.status).toBe('done')
    expect(readdirSync(join(folder, 'infer/predictions')).sort()).toEqual([
      'test.parquet',
      'test.views.parquet',
      'validation.parquet',
      'validation.views.parquet',
    ])
    for (const file of result.files) expect(existsSync(file)).toBe(true)

    const { rows, logits, header } = await readPredictions(
      join(folder, 'infer/predictions/validation.parquet'),
    )
    expect(header).toMatchObject({
      screen: 'small',
      synthetic: true,
      classes: 3,
      reduce: 'logitMean',
    })
    // Plates 3 and 4 but for the test well.
    const units = [6, 7, 8, 9, 10]
    expect(rows.map(({ experiment }) => experiment)).toEqual(['E3', 'E3', 'E3', 'E4', 'E4'])
    const expected = await expectedLogits(units, () => 0)
    for (const [i, values] of expected.entries()) {
      expect(distance(row(logits, i), values)).toBeLessThan(device === 'cpu' ? 1e-4 : 1e-2)
    }
    let views = 0
    for await (const block of readViews(join(folder, 'infer/predictions/validation.views.parquet')))
      views += block.rows.length
    expect(views).toBe(10)

    const labels = Int32Array.from(rows, ({ label }) => label ?? -1)
    const written: unknown = JSON.parse(readFileSync(join(folder, 'infer/metrics.json'), 'utf8'))
    expect(written).toMatchObject({
      validation: {
        overall: metrics(logits, labels),
        byCellType: { HeLa: { count: 3 }, U2OS: { count: 2 } },
      },
      test: { overall: { count: 0, accuracy: null } },
    })
    const calls = readFileSync(join(folder, 'infer/calls.csv'), 'utf8').trim().split('\n')
    expect(calls).toHaveLength(1 + 5 + 1)
    expect(lines[0]).toBe(
      'infer: 12 views of 3 classes: 144 bytes of logits will be kept as float32',
    )
    expect(lines).toContain('validation')

    expect((await infer(config, silentReporter)).status).toBe('already done')
  })

  it('normalises, blurs and corrects as the network was trained, whatever its own file says', async () => {
    const folder = temporaryFolder()
    const normalise = { by: 'plate', method: 'robust', sigma: [2, 0.8], illumination: 'divide' }
    trainedRun(folder, { normalise })
    await infer(configOf(folder, turned, { normalise: { by: 'all' } }), silentReporter)
    const { logits } = await readPredictions(join(folder, 'infer/predictions/validation.parquet'))
    const units = [6, 7, 8, 9, 10]
    const expected = await expectedLogits(units, () => 0, normalise)
    const plain = await expectedLogits(units, () => 0)
    for (const [i, values] of expected.entries()) {
      expect(distance(row(logits, i), values)).toBeLessThan(1e-4)
      expect(distance(plain[i] ?? [], values)).toBeGreaterThan(0.01)
    }
  })

  it('takes each unit to the fine-tuned network of its cell type', async () => {
    const folder = temporaryFolder()
    trainedRun(folder, {
      verb: 'fine-tune',
      files: (run) =>
        ['HeLa', 'U2OS'].map((name) => checkpointFile(cellTypeFolder(run, name), 'best')),
    })
    await infer(
      configOf(folder, { ...turned, splits: ['validation'], views: 'none' }),
      silentReporter,
    )
    const { logits } = await readPredictions(join(folder, 'infer/predictions/validation.parquet'))
    const expected = await expectedLogits([6, 7, 8, 9, 10], (name) => (name === 'HeLa' ? 0 : 1))
    for (const [i, values] of expected.entries()) {
      expect(distance(row(logits, i), values)).toBeLessThan(1e-4)
    }
  })

  it('takes each unit to the epoch that was best on its cell type', async () => {
    const folder = temporaryFolder()
    trainedRun(folder, {
      files: (run) => ['U2OS', 'HeLa'].map((name) => checkpointFile(run, bestOf(name))),
    })
    await infer(
      configOf(folder, { ...turned, checkpoint: 'bestByCellType', splits: ['test'] }),
      silentReporter,
    )
    const { rows, logits } = await readPredictions(join(folder, 'infer/predictions/test.parquet'))
    expect(rows.map(({ cellType, label }) => [cellType, label])).toEqual([['U2OS', null]])
    const [expected = []] = await expectedLogits([11], () => 0)
    expect(distance(row(logits, 0), expected)).toBeLessThan(1e-4)
  })

  it('says when units were trained on, and when the store is another', async () => {
    const folder = temporaryFolder()
    trainedRun(folder)
    const { reporter, lines } = listeningReporter()
    const other = { HeLa: ['E1'], U2OS: ['E4'] }
    await infer(
      configOf(folder, { splits: ['validation'] }, { split: { validation: other } }),
      reporter,
    )
    expect(lines.join('\n')).toMatch(/was trained on 3 of the 5 validation units/)

    const elsewhere = {
      output: join(folder, 'elsewhere'),
      store: { path: await makeTestStore({ brightest: 99 }) },
    }
    const second = listeningReporter()
    await infer(configOf(folder, { splits: ['test'] }, elsewhere), second.reporter)
    expect(second.lines[0]).toMatch(/is not the one that .* was trained on/)
  })
})

describe('infer and the machine', () => {
  it('computes with as many threads as it is told, or else with all cores', async () => {
    const folder = temporaryFolder()
    trainedRun(folder)
    const settings = { splits: ['test'], views: 'none' }
    for (const [count, expected] of [
      [3, 3],
      [undefined, availableParallelism()],
    ]) {
      const output = join(folder, `with ${count} threads`)
      await infer(configOf(folder, { ...settings, threads: count }, { output }), silentReporter)
      expect(threads()).toBe(expected)
    }
    setThreads(1)
  })

  it('says what to change when memory runs out', async () => {
    const folder = temporaryFolder()
    trainedRun(folder)
    const load = vi
      .spyOn(BatchLoader.prototype, 'load')
      .mockRejectedValue(new TorchError('not enough memory for 12 bytes', { kind: 'memory' }))
    try {
      const attempt = infer(configOf(folder), silentReporter)
      await expect(attempt).rejects.toBeInstanceOf(MachineError)
      await expect(attempt).rejects.toThrow(
        'not enough memory for 12 bytes. Set prediction.batchSize to fewer tiles at once, or free memory.',
      )
    } finally {
      load.mockRestore()
    }
  })
})

describe('infer refuses', () => {
  async function failure(config: Config): Promise<PhenoprintError> {
    const error: unknown = await infer(config, silentReporter).catch((fault: unknown) => fault)
    if (!(error instanceof PhenoprintError))
      throw new Error(`expected a fault, got ${String(error)}`)
    expect(error.exitCode).toBe(3)
    expect(existsSync(config.output ?? '')).toBe(false)
    return error
  }

  it('a run that is missing, or not finished', async () => {
    const folder = temporaryFolder()
    expect((await failure(configOf(folder))).message).toContain('there is no run in')
    rmSync(join(trainedRun(folder), 'result.json'))
    expect((await failure(configOf(folder))).message).toContain('is not finished')
  })

  it('a fine-tuned run without a network for a cell type', async () => {
    const folder = temporaryFolder()
    const files = (run: string) => [checkpointFile(cellTypeFolder(run, 'HeLa'), 'best')]
    trainedRun(folder, { verb: 'fine-tune', files })
    const error = await failure(configOf(folder))
    expect(error).toBeInstanceOf(PredictionError)
    expect(error.message).toMatch(
      /no network for cell type U2OS, of which there are 3 units to predict; it has HeLa/,
    )
  })

  it('other channels, classes and tiles', async () => {
    const channels = temporaryFolder()
    trainedRun(channels, { channels: 3 })
    expect((await failure(configOf(channels))).message).toMatch(
      /takes images of 3 channels, and the screen "small" has 2 \(channel 0, channel 1\)/,
    )
    const classes = temporaryFolder()
    trainedRun(classes, { classes: 4 })
    expect((await failure(configOf(classes))).message).toMatch(
      /knows 4 classes, and the screen "small" has 3/,
    )
    const tiles = temporaryFolder()
    trainedRun(tiles, { tile: [16, 16] })
    expect((await failure(configOf(tiles))).message).toMatch(
      /are 32 x 32 pixels, and the model in .* was trained on 16 x 16/,
    )
  })

  it('a checkpoint that is cut off, and one that is not there', async () => {
    const folder = temporaryFolder()
    truncateSync(checkpointFile(trainedRun(folder), 'best'), 10_000)
    expect(await failure(configOf(folder))).toBeInstanceOf(CheckpointError)
    expect(await failure(configOf(folder, { checkpoint: 'last' }))).toBeInstanceOf(CheckpointError)
  })
})
