import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@phenoprint/torch'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Config, configSchema } from '../config/config.js'
import { ConfigError, InterruptedError } from '../errors.js'
import { loadNetwork } from '../models/checkpoint.js'
import { infer } from '../prediction/infer.js'
import type { Reporter } from '../run/reporter.js'
import type { Screen } from '../screen/screen.js'
import { splitScreen } from '../screen/split.js'
import { recorder } from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { temporaryFolder } from '../testing/folder.js'
import { removeKeptFolders } from '../testing/kept-folder.js'
import { storeWithControls } from './controls.test.support.js'
import { bytesIn, eventsOf, smallConfig } from './small-run.test.support.js'
import { trainHere } from './train-here.js'
import { networkShape, withControls } from './training-units.js'

afterAll(removeKeptFolders)

let store = ''
let screen: Screen
beforeAll(async () => {
  setThreads(1)
  store = await storeWithControls()
  using opened = await Store.open(store)
  screen = opened.screen
})

const newRun = () => join(temporaryFolder(), 'run')

/** Everything that may be done to samples, but mixing. */
const augmented = {
  tile: 'random',
  ...{ zoomCrop: {}, rotation: { shift: 0.1 }, blur: { probability: 0.5 }, gain: 0.1, offset: 0.1 },
}
/** And mixing. */
const mixed = { ...augmented, cutMix: { probability: 0.5 }, mixup: { probability: 0.5 } }

function configOf(
  run: string,
  batches: object,
  split: object = {},
  augmentation: object = {},
): Config {
  const held = { validation: { HeLa: ['E3'], U2OS: ['E4'] }, ...split }
  const rest = { batches, augmentation, split: held, store: { path: store, tile: [16, 16] } }
  return smallConfig(store, run, { batchSize: 3 }, rest)
}

describe('withControls', () => {
  const experimentsOf = (batches: object, split: object = {}) => {
    const config = configOf(newRun(), batches, split)
    const units = withControls(screen, splitScreen(screen, config.split), config)
    const controls = units.filter((unit) => screen.units[unit]?.role !== 'treatment')
    return controls.map((unit) => screen.plates[screen.units[unit]?.plate ?? -1]?.experiment)
  }

  it('adds none, those of groups that are trained on, or all but of skipped experiments', () => {
    expect(experimentsOf({})).toEqual([])
    expect(experimentsOf({ controls: true })).toEqual(['E1', 'E1', 'E2', 'E2'])
    const all = ['E1', 'E1', 'E2', 'E2', 'E3', 'E3', 'E4', 'E4']
    expect(experimentsOf({ controls: 'all' })).toEqual(all)
    const skipping = { validation: { HeLa: ['E3'] }, skipExperiments: ['E4'] }
    expect(experimentsOf({ controls: 'all' }, skipping)).toEqual(all.slice(0, 6))
  })
})

describe('networkShape', () => {
  it('has a class for each treatment, and for each control where it learns them', () => {
    const shape = (batches: object) => networkShape(screen, configOf(newRun(), batches))
    expect(shape({})).toEqual({ channels: 2, classes: 3 })
    expect(shape({ controls: 'all' })).toEqual({ channels: 2, classes: 5 })
    expect(shape({ pairs: 'control' })).toEqual({ channels: 4, classes: 5 })
    expect(() => shape({ pairs: 'control', controls: true })).toThrow(ConfigError)
  })
})

describe.each([
  { batches: { pairs: 'control' }, augmentation: augmented, shape: { channels: 4, classes: 5 } },
  { batches: { controls: true }, augmentation: mixed, shape: { channels: 2, classes: 5 } },
])('training with %j', ({ batches, augmentation, shape }) => {
  it('validates as infer predicts: on the same controls, with nothing done to samples', async () => {
    const run = newRun()
    await trainHere(configOf(run, batches, {}, augmentation), recorder())
    const { network, description } = loadNetwork(run, 'last')
    network.dispose()
    expect(description).toMatchObject(shape)
    const output = newRun()
    const prediction = { from: run, checkpoint: 'last', splits: ['validation'], threads: 1 }
    await infer(configSchema.parse({ output, prediction }), recorder())
    const trained = JSON.parse(bytesIn(run, 'metrics.json').toString()).last.overall
    const inferred = JSON.parse(readFileSync(join(output, 'metrics.json'), 'utf8')).validation
    expect(inferred.overall.count).toBe(trained.count)
    expect(inferred.overall.loss).toBeCloseTo(trained.loss, 4)
    expect(inferred.overall.accuracy).toBe(trained.accuracy)
  })
})

/** A reporter that aborts once so many images were counted. */
function interrupting(images: number): Reporter {
  const controller = new AbortController()
  let seen = 0
  return {
    ...recorder(controller.signal),
    progress: () => ({
      advance: (count: number) => {
        seen += count
        if (seen >= images) controller.abort(new InterruptedError('stopped', 130))
      },
      done: () => {},
    }),
  }
}

describe.each([
  [{ pairs: 'negativeControl', batchFrom: 'plate' }, augmented],
  [{ batchFrom: 'plate', normControls: 2 }, mixed],
  [{ sampler: 'balanced', controls: true, weights: { cellType: { U2OS: 2 } } }, mixed],
])('training with %j and %j', (batches, augmentation) => {
  it('ends with the same bytes when it was interrupted and gone on with', async () => {
    const [whole, stopped] = [newRun(), newRun()]
    await trainHere(configOf(whole, batches, {}, augmentation), recorder())
    const config = configOf(stopped, batches, {}, augmentation)
    await expect(trainHere(config, interrupting(1))).rejects.toBeInstanceOf(InterruptedError)
    await trainHere(config, recorder())
    const name = 'last.safetensors'
    expect(bytesIn(stopped, 'checkpoints', name).equals(bytesIn(whole, 'checkpoints', name))).toBe(
      true,
    )
    expect(eventsOf(stopped)).toEqual(eventsOf(whole))
  })
})
