import {
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fused, manualSeed, memory, setThreads } from '@phenoprint/torch'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { BatchLoader } from '../batches/batch-loader.js'
import { epochSamples } from '../batches/samples.js'
import {
  CheckpointError,
  ConfigError,
  InterruptedError,
  MachineError,
  RunDirectoryError,
} from '../errors.js'
import { loadNetwork } from '../models/checkpoint.js'
import { checkpointFile } from '../models/checkpoint-path.js'
import { createNetwork } from '../models/create-network.js'
import { Ranks } from '../ranks/ranks.js'
import type { Reporter } from '../run/reporter.js'
import { splitScreen } from '../screen/split.js'
import { recorder } from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { itOnDevices } from '../testing/devices.js'
import { temporaryFolder } from '../testing/folder.js'
import { nodeOnSmallDisk } from '../testing/full-disk.js'
import { keptFolder, removeKeptFolders } from '../testing/kept-folder.js'
import { freeMemoryVariable } from './free-memory.js'
import { killAfter } from './killed-run.test.support.js'
import { plainLoss } from './loss.test.support.js'
import {
  bytesIn,
  eventsOf,
  smallConfig,
  smallStore,
  trainingSites,
} from './small-run.test.support.js'
import { accumulateGradients } from './step.js'
import { train } from './train.js'
import { trainHere } from './train-here.js'
import { validate } from './validate.js'

let store = ''
/** A training that nothing disturbed, as `smallConfig` has it: two epochs. */
let undisturbedRun = ''
beforeAll(async () => {
  setThreads(1)
  store = await smallStore()
  undisturbedRun = join(keptFolder(), 'run')
  await train(smallConfig(store, undisturbedRun), recorder())
})
afterAll(removeKeptFolders)

const newRun = () => join(temporaryFolder(), 'run')
const checkpoints = ['last', 'best', 'best-HeLa', 'best-U2OS'].map((name) => `${name}.safetensors`)

/** What may be done to samples, all at once. */
const everything = {
  batches: { sampler: 'balanced', batchFrom: 'experiment', weights: { cellType: { HeLa: 2 } } },
  normalise: { by: 'plate', method: 'robust', sigma: 0.5, illumination: 'divide' },
  augmentation: {
    tile: 'random',
    ...{ zoomCrop: {}, rotation: { zoom: [0.9, 1.1], shift: 0.1 }, blur: { probability: 0.5 } },
    ...{ gain: 0.1, offset: 0.1, cutMix: { probability: 0.5 }, mixup: { probability: 0.5 } },
  },
}

/** Another network, with all that one may have. */
const otherNetwork = {
  ...everything,
  model: {
    ...{ architecture: 'efficientnet-b0', activation: 'mish', dropout: 0.1, normMomentum: 0.05 },
    ...{ head: { name: 'embedding', size: 16 }, cellTypeInput: true },
  },
}

/** How it is trained. */
const otherTraining = {
  optimiser: {
    ...{ name: 'ranger', lookahead: { every: 3 }, betas: [0.95, 0.999], weightDecay: 0.01 },
    groups: [{ parts: ['blocks.6'], rateFactor: 0.5 }],
  },
  schedule: { name: 'cosineSegments', segments: [{ epochs: 2 }, { epochs: 2, peak: 0.5 }] },
  ...{ clipNorm: 1, freeze: ['blocks.0'], microBatch: 2 },
  average: { name: 'ema', fromEpoch: 1, decay: 0.9, refreshBatches: 2 },
  batchNorm: { validation: { statistics: 'plate' } },
  loss: {
    ...{ name: 'focal', weight: 0.8, labelSmoothing: 0.05, smoothOver: 'plateGroup' },
    angular: { weight: 0.2, lastWeight: 0, marginWarmup: 0.5 },
  },
}

/** A reporter that aborts once so many images were counted. */
function interrupting(images: number, code: 130 | 143 = 130): Reporter {
  const controller = new AbortController()
  let seen = 0
  return {
    ...recorder(controller.signal),
    progress: () => ({
      advance: (count) => {
        seen += count
        if (seen >= images) controller.abort(new InterruptedError('stopped by the test', code))
      },
      done: () => {},
    }),
  }
}

describe('train', () => {
  it('trains, validates per unit, keeps the best epochs, and says so once', async () => {
    const run = newRun()
    const reporter = recorder()
    const result = await train(smallConfig(store, run, { epochs: 3 }), reporter)
    expect(result.status).toBe('done')
    expect(
      readdirSync(join(run, 'checkpoints'))
        .filter((name) => name.endsWith('s'))
        .sort(),
    ).toEqual([...checkpoints].sort())
    const events = eventsOf(run)
    expect(events.map((event) => [event.type, event.epoch])).toEqual([
      ['epoch', 1],
      ['epoch', 2],
      ['epoch', 3],
    ])
    expect(events[0]).toMatchObject({
      validation: {
        overall: { count: 10 },
        byCellType: { HeLa: { count: 5 }, U2OS: { count: 5 } },
      },
    })
    const metrics = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8'))
    expect(metrics).toMatchObject({ epochs: 3, stoppedEarly: false })
    const losses = events.map((event) => Object(event.validation).overall.loss)
    expect(metrics.best.epoch).toBe(losses.indexOf(Math.min(...losses)) + 1)
    expect(metrics.best.metrics.overall.loss).toBe(Math.min(...losses))
    expect(result.figures).toMatchObject({ epochs: 3, best: { epoch: metrics.best.epoch } })
    for (const file of result.files) expect(existsSync(file)).toBe(true)
    expect(reporter.lines.join('\n')).toContain(
      `${fused.usableKernels().length > 0 ? 16 : 0} of 16 blocks fused`,
    )
    expect(reporter.lines.join('\n')).toContain(
      `Trains on ${trainingSites} sites of 10 units, validation on 10 units.`,
    )
    const again = await train(smallConfig(store, run, { epochs: 3 }), recorder())
    expect(again).toEqual({ ...result, status: 'already done' })
    expect(eventsOf(run)).toHaveLength(3)
  })

  it('tells the metrics of the very weights that it saves', async () => {
    const { network, config } = loadNetwork(undisturbedRun, 'last')
    using opened = await Store.open(store)
    await using loader = new BatchLoader(opened, config.normalise)
    const units = splitScreen(opened.screen, config.split).validation
    const metrics = await validate(network, loader, {
      store: opened,
      cellTypes: null,
      batchNorm: config.training.batchNorm.validation,
      seed: config.seed,
      units,
      device: 'cpu',
      precision: 'fp32',
      microBatch: 4,
      folder: temporaryFolder(),
      signal: new AbortController().signal,
      ranks: Ranks.alone,
    })
    network.dispose()
    expect(JSON.parse(bytesIn(undisturbedRun, 'metrics.json').toString()).last).toEqual(metrics)
  })

  it('tells the mean loss over the samples of an epoch', async () => {
    const run = newRun()
    const still = {
      epochs: 1,
      batchSize: 8,
      optimiser: { name: 'sgd', learningRate: 1e-30 },
      schedule: { name: 'constant' },
    }
    const config = smallConfig(store, run, still, { model: { dropout: 0, dropConnect: 0 } })
    await train(config, recorder())
    // The same batches by hand: of so small a step nothing is left.
    using opened = await Store.open(store)
    await using loader = new BatchLoader(opened, config.normalise)
    manualSeed(config.seed)
    using network = createNetwork(config.model, { channels: 2, classes: 3 })
    network.to({ memoryFormat: 'channelsLast' })
    const { train: units } = splitScreen(opened.screen, config.split)
    const samples = epochSamples({
      seed: config.seed,
      epoch: 1,
      sites: units.flatMap((unit) => opened.screen.units[unit]?.sites ?? []),
      tilesPerSite: 1,
      symmetries: config.batches.symmetries,
      augmentation: null,
    })
    let sum = 0
    for (const [from, to] of [
      [0, 8],
      [8, 16],
      [16, 20],
    ] as const) {
      const batch = await loader.load(samples.slice(from, to))
      const settings = {
        device: 'cpu',
        precision: 'fp32',
        microBatch: 8,
        loss: plainLoss,
        pairs: null,
        scaler: null,
        cellTypes: null,
      } as const
      sum += (to - from) * accumulateGradients(network, batch, settings)
    }
    expect(Number(eventsOf(run)[0]?.loss)).toBeCloseTo(sum / 20, 6)
  })

  it('gives the same bytes for the same seed, and others for another', async () => {
    const [two, other] = [newRun(), newRun()]
    await train(smallConfig(store, two), recorder())
    await train(smallConfig(store, other, {}, { seed: 4 }), recorder())
    for (const name of checkpoints) {
      const bytes = bytesIn(undisturbedRun, 'checkpoints', name)
      expect(bytesIn(two, 'checkpoints', name).equals(bytes), name).toBe(true)
      expect(bytesIn(other, 'checkpoints', name).equals(bytes), name).toBe(false)
    }
    expect(eventsOf(two)).toEqual(eventsOf(undisturbedRun))
  })

  it.each([
    ['plain', {}, {}],
    [
      'balanced, weighted, by experiment, corrected, augmented, mixed, averaged from epoch 2 on',
      everything,
      { average: { fromEpoch: 2 } },
    ],
    [
      'an embedding that takes cell types, mixed, by Ranger and averaged',
      otherNetwork,
      otherTraining,
    ],
  ])(
    'killed in the middle of epochs and run again, ends with the same bytes: %s',
    async (_, rest, training) => {
      const settings = { ...training, epochs: 3, checkpointMinutes: 1e-6 }
      const undisturbed = newRun()
      await train(smallConfig(store, undisturbed, { ...training, epochs: 3 }, rest), recorder())
      const run = newRun()
      const config = smallConfig(store, run, settings, rest)
      // Somewhere in the first epoch, and again soon after it has gone on.
      const first = 4 + Math.floor(Math.random() * 12)
      expect(await killAfter(first, 'train', config)).toBe(true)
      expect(existsSync(checkpointFile(run, 'resume'))).toBe(true)
      expect(existsSync(join(run, 'result.json'))).toBe(false)
      expect(await killAfter(trainingSites + 8, 'train', config)).toBe(true)
      const reporter = recorder()
      await train(config, reporter)
      expect(reporter.lines.some((line) => /^Goes on in epoch [23], after step/.test(line))).toBe(
        true,
      )
      for (const name of [
        ...checkpoints,
        ...checkpoints.map((file) => file.replace('safetensors', 'json')),
      ]) {
        const same = bytesIn(run, 'checkpoints', name).equals(
          bytesIn(undisturbed, 'checkpoints', name),
        )
        expect(same, `${name}, first killed after ${first} images`).toBe(true)
      }
      expect(bytesIn(run, 'metrics.json').equals(bytesIn(undisturbed, 'metrics.json'))).toBe(true)
      expect(eventsOf(run)).toEqual(eventsOf(undisturbed))
      expect(existsSync(checkpointFile(run, 'resume'))).toBe(false)
    },
  )

  it('saves when it is interrupted, and goes on from that very step', async () => {
    const run = newRun()
    const config = smallConfig(store, run)
    await expect(train(config, interrupting(8))).rejects.toMatchObject({
      _tag: 'InterruptedError',
      exitCode: 130,
      message: 'stopped by the test',
    })
    const reporter = recorder()
    await expect(train(config, interrupting(trainingSites, 143))).rejects.toMatchObject({
      exitCode: 143,
    })
    await train(config, reporter)
    expect(reporter.lines.some((line) => /^Goes on in epoch/.test(line))).toBe(true)
    for (const name of checkpoints) {
      const bytes = bytesIn(undisturbedRun, 'checkpoints', name)
      expect(bytesIn(run, 'checkpoints', name).equals(bytes), name).toBe(true)
    }
    expect(eventsOf(run)).toEqual(eventsOf(undisturbedRun))
  })

  itOnDevices(
    'goes on from a resume point where it was, with every part there may be',
    async (device) => {
      const settings = { ...otherTraining, precision: 'fp16' }
      const parts = { ...otherNetwork, device }
      const undisturbed = newRun()
      await train(smallConfig(store, undisturbed, settings, parts), recorder())
      const run = newRun()
      const config = smallConfig(store, run, settings, parts)
      await expect(train(config, interrupting(8))).rejects.toMatchObject({ exitCode: 130 })
      await train(config, recorder())
      const losses = (of: string) => eventsOf(of).map((event) => Number(event.loss))
      losses(run).forEach((loss, i) => {
        expect(loss).toBeCloseTo(losses(undisturbed)[i] ?? Number.NaN, device === 'cpu' ? 10 : 1)
      })
      expect(losses(run)).toHaveLength(2)
    },
  )

  it('stops when nothing improves any more', async () => {
    const run = newRun()
    const rule = { patience: 1, minDelta: 1000 }
    await train(smallConfig(store, run, { epochs: 6, earlyStopping: rule }), recorder())
    const metrics = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8'))
    expect(metrics).toMatchObject({ epochs: 2, stoppedEarly: true })
  })

  for (const precision of ['fp32', 'bf16', 'fp16'])
    itOnDevices(`learns what it is shown, in ${precision}`, async (device) => {
      const run = newRun()
      const optimiser = { name: 'adam', learningRate: 1e-3 }
      const settings = { epochs: 12, batchSize: 10, precision, optimiser }
      const model = { dropout: 0, dropConnect: 0 }
      const plain = { device, batches: { symmetries: ['identity'] }, model }
      await train(smallConfig(store, run, settings, plain), recorder())
      const losses = eventsOf(run).map((event) => Number(event.loss))
      expect(losses.at(-1)).toBeLessThan(0.7 * (losses[0] ?? 0))
    })

  it('keeps with each epoch what the allocator held', async () => {
    const lines = bytesIn(undisturbedRun, 'events.jsonl').toString().trim().split('\n')
    const held = lines.map((line) => JSON.parse(line)).filter(({ type }) => type === 'epoch')
    expect(held).toHaveLength(2)
    for (const { memory } of held) {
      expect(memory.inUse).toBeGreaterThan(16 * 2 ** 20) // the weights alone
      expect(memory.reserved).toBeGreaterThanOrEqual(memory.inUse)
      expect(memory.peak).toBeGreaterThanOrEqual(memory.inUse)
      expect(memory.limit).toBeGreaterThan(0)
    }
  })

  it('has no best epoch without validation', async () => {
    const run = newRun()
    const config = smallConfig(store, run, { epochs: 1 }, { split: {} })
    const { figures } = await train(config, recorder())
    expect(figures).toMatchObject({ best: null, bestByCellType: {}, checkpoints: ['last'] })
    expect(() => loadNetwork(run, 'best')).toThrow(/Without validation units/)
    const blind = smallConfig(store, newRun(), { earlyStopping: {} }, { split: {} })
    await expect(train(blind, recorder())).rejects.toThrow(ConfigError)
  })

  it('starts from published weights', async () => {
    const reporter = recorder()
    const weights = checkpointFile(undisturbedRun, 'last')
    await train(smallConfig(store, newRun(), { epochs: 1 }, { model: { weights } }), reporter)
    expect(reporter.lines.join('\n')).toContain(`Starts from ${weights}`)
  })

  it('refuses a batch that does not fit in memory, and names the largest that does', async () => {
    vi.stubEnv(freeMemoryVariable, '120e6')
    const stock = { model: { kernels: 'stock' } } // as much memory on every processor
    try {
      const attempt = train(smallConfig(store, newRun(), { batchSize: 20 }, stock), recorder())
      await expect(attempt).rejects.toBeInstanceOf(MachineError)
      const message: string = await attempt.catch((error) => error.message)
      expect(message).toContain('a step of 20 samples at once needs about')
      const fits = Number(/largest that fits is (\d+)/.exec(message)?.[1])
      expect(fits).toBeLessThan(20)
      // One less, for smaller steps are measured with fewer samples and on a reused memory.
      const settings = { batchSize: 20, epochs: 1, microBatch: fits - 1 }
      await train(smallConfig(store, newRun(), settings, stock), recorder())
    } finally {
      vi.unstubAllEnvs()
    }
  })

  it('says that the disk is full before the first step, and leaves nothing half written', () => {
    const folder = temporaryFolder()
    const config = smallConfig(store, join(folder, 'run'))
    const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
    const program = join(temporaryFolder(), 'train.mjs')
    writeFileSync(
      program,
      `import { readdirSync } from 'node:fs'
      const { train } = await import(${module('./train.js')})
      const { recorder } = await import(${module('../store/small-screen.test.support.js')})
      const error = await train(${JSON.stringify(config)}, recorder()).catch((error) => error)
      const left = readdirSync(${JSON.stringify(folder)}, { recursive: true })
      console.log(JSON.stringify({ tag: error._tag, message: error.message, left }))`,
    )
    const { stdout } = nodeOnSmallDisk(folder, [program])
    const { tag, message, left } = JSON.parse(stdout)
    expect(tag).toBe('MachineError')
    expect(message).toMatch(/cannot write .*resume.safetensors \([\d,]+ bytes\): the disk is full/)
    expect(left.filter((name: string) => /safetensors|part|tmp/.test(name))).toEqual([])
  })

  it('leaves no run directory when it is refused: the corrected file may have that name', async () => {
    const output = newRun()
    for (const wrong of [
      smallConfig(join(store, 'nowhere'), output),
      { ...smallConfig(store, output), device: 'cuda:99' },
    ]) {
      await expect(trainHere(wrong, recorder())).rejects.toThrow(/^(store|device): /)
      expect(existsSync(output)).toBe(false)
    }
  })

  it('refuses a run directory of another configuration', async () => {
    const run = newRun()
    await expect(train(smallConfig(store, run), interrupting(4))).rejects.toThrow()
    const other = smallConfig(store, run, { epochs: 9 })
    await expect(train(other, recorder())).rejects.toBeInstanceOf(RunDirectoryError)
    await expect(train(other, recorder())).rejects.toThrow(/training.epochs was 2, is 9/)
  })

  it('refuses a resume point that is damaged', async () => {
    const run = newRun()
    const config = smallConfig(store, run)
    await expect(train(config, interrupting(4))).rejects.toThrow()
    const path = checkpointFile(run, 'resume')
    truncateSync(path, statSync(path).size - 100)
    await expect(train(config, recorder())).rejects.toBeInstanceOf(CheckpointError)
  })

  it('has as many tensors after each step', async () => {
    const counts: number[] = []
    const reporter: Reporter = {
      ...recorder(),
      progress: () => ({
        advance: (count) => {
          if (count > 0) counts.push(memory.live().tensors)
        },
        done: () => {},
      }),
    }
    const before = memory.live().tensors
    await trainHere(smallConfig(store, newRun()), reporter)
    expect(counts).toHaveLength(10)
    expect(new Set(counts).size).toBe(1)
    expect(memory.live().tensors).toBe(before)
  })
})
