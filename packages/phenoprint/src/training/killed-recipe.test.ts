import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { checkpointFile } from '../models/checkpoint-path.js'
import { recorder } from '../store/small-screen.test.support.js'
import { Store } from '../store/store.js'
import { temporaryFolder } from '../testing/folder.js'
import { storeWithControls } from './controls.test.support.js'
import { killAfter } from './killed-run.test.support.js'
import { labelRun } from './label-run.test.support.js'
import { bytesIn, eventsOf, smallConfig } from './small-run.test.support.js'
import { train } from './train.js'

let store = ''
beforeAll(async () => {
  setThreads(1)
  store = await storeWithControls()
})

/** A run that predicted the labels of E3. */
async function predictedLabels(): Promise<string> {
  using opened = await Store.open(store)
  const { units, plates } = opened.screen
  const predicted = units.filter(
    ({ role, plate }) => role === 'treatment' && plates[plate]?.experiment === 'E3',
  )
  return labelRun(Object.fromEntries(predicted.map(({ id }, i) => [id, i % 3])))
}

/** The whole recipe at once: E1 and E2 train, E4 validates, E3 has predicted labels. */
function everything(run: string, labels: string, training: object) {
  return smallConfig(
    store,
    run,
    {
      ...{ epochs: 3, batchSize: 3, microBatch: 2, clipNorm: 1 },
      pseudoLabels: { from: labels, weight: 0.5 },
      schedule: { name: 'cosineSegments', segments: [{ epochs: 2 }, { epochs: 2, peak: 0.5 }] },
      batchNorm: { validation: { statistics: 'batch', controls: 2 } },
      loss: {
        ...{ weight: 0.8, labelSmoothing: 0.05, smoothOver: 'plateGroup' },
        angular: { weight: 0.2, lastWeight: 0.1, marginWarmup: 0.5 },
      },
      ...training,
    },
    {
      split: { validation: { U2OS: ['E4'] }, test: { HeLa: ['E3'] } },
      store: { path: store, tile: [16, 16] },
      batches: { batchFrom: 'plate', normControls: 2, controls: true },
      augmentation: {
        ...{ tile: 'random', zoomCrop: {}, rotation: { shift: 0.1 }, blur: { probability: 0.5 } },
        ...{ gain: 0.1, offset: 0.1 },
        ...{ cutMix: { probability: 0.5 }, mixup: { probability: 0.5 } },
      },
      model: {
        ...{ architecture: 'efficientnet-b0', dropout: 0.1, cellTypeInput: true },
        head: { name: 'embedding', size: 16 },
      },
    },
  )
}

describe('with all of the recipe switched on, a run killed at random steps ends with the same bytes', () => {
  it.each([
    [
      'EMA and Ranger: RAdam and Lookahead',
      { name: 'ema', fromEpoch: 1, decay: 0.9, refreshBatches: 2 },
      { name: 'ranger', lookahead: { every: 3 }, betas: [0.95, 0.999], weightDecay: 0.01 },
    ],
    [
      'SWA and Lookahead around Nesterov',
      { name: 'swa', fromEpoch: 2 },
      { name: 'sgd', nesterov: true, momentum: 0.9, lookahead: { every: 3 } },
    ],
  ])(
    '%s',
    async (_, average, optimiser) => {
      const undisturbed = join(temporaryFolder(), 'undisturbed')
      const run = join(temporaryFolder(), 'killed')
      const labels = await predictedLabels()
      const recipe = { average, optimiser }
      await train(everything(undisturbed, labels, recipe), recorder())
      const config = everything(run, labels, { ...recipe, checkpointMinutes: 1e-6 })
      const kills: number[] = []
      // Each time somewhere within the next epoch: 13 samples, treated, controls and predicted.
      for (let kill = 0; kill < 2; kill++) {
        kills.push(3 + Math.floor(Math.random() * 10))
        expect(await killAfter(kills.at(-1) ?? 0, 'train', config)).toBe(true)
        expect(existsSync(checkpointFile(run, 'resume'))).toBe(true)
      }
      const reporter = recorder()
      await train(config, reporter)
      const killed = `killed after ${kills.join(', then ')} images`
      expect(
        reporter.lines.some((line) => /^Goes on in epoch/.test(line)),
        killed,
      ).toBe(true)
      for (const name of ['last', 'best', 'best-U2OS'].map((of) => `${of}.safetensors`)) {
        const bytes = bytesIn(undisturbed, 'checkpoints', name)
        expect(bytesIn(run, 'checkpoints', name).equals(bytes), `${name}, ${killed}`).toBe(true)
      }
      expect(bytesIn(run, 'metrics.json').equals(bytesIn(undisturbed, 'metrics.json'))).toBe(true)
      expect(eventsOf(run)).toEqual(eventsOf(undisturbed))
    },
    300_000,
  )
})
