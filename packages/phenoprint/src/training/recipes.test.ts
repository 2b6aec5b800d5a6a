import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setThreads } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadConfig } from '../config/load.js'
import { infer } from '../prediction/infer.js'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { storeWithControls } from './controls.test.support.js'
import { train } from './train.js'

const recipe = (name: string) =>
  fileURLToPath(new URL(`../../../../configs/rxrx1/${name}.yml`, import.meta.url))

let store = ''
beforeAll(async () => {
  setThreads(1)
  store = await storeWithControls(32)
})

const split = ['split.validation={folds: 2, fold: 1}', 'split.skipExperiments=[]']
const figures = z.object({ overall: z.object({ count: z.number(), loss: z.number() }) })

describe('each kind of recipe for RxRx1 trains and predicts, on a small screen with few samples at once', () => {
  it.each([
    { name: 'train-mish-b2', controls: 0 },
    { name: 'train-controls-b2', controls: 2 },
    { name: 'train-densenet161', controls: 0 },
  ])(
    '$name',
    async ({ name, controls }) => {
      const run = join(temporaryFolder(), 'run')
      const small = [`store.path=${store}`, 'store.tile=[32, 32]', ...split, 'training.threads=1']
      const set = [
        ...small,
        `output=${run}`,
        'training.epochs=1',
        'training.batchSize=4',
        'training.microBatch=2',
        // Two samples a batch and maps of one pixel: the reference's rate is for more.
        'training.optimiser.learningRate=1e-6',
        ...(controls > 0 ? [`batches.normControls=${controls}`] : []),
        ...(name === 'train-mish-b2' ? ['training.average.fromEpoch=1'] : []),
      ]
      const reporter = recorder()
      await train(loadConfig(recipe(name), { set }), reporter)
      const { trainingLoss } = z
        .object({ trainingLoss: z.number() })
        .parse(JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')))
      expect(trainingLoss).toBeGreaterThan(0)

      const predicted = join(temporaryFolder(), 'predicted')
      const inferring = [
        ...[`store.path=${store}`, 'store.tile=[32, 32]', `output=${predicted}`],
        ...split,
        ...[
          `prediction.from=${run}`,
          'prediction.checkpoint=last',
          'prediction.splits=[validation]',
        ],
        ...['prediction.batchSize=6', `prediction.batchNorm.controls=${controls}`],
      ]
      await infer(loadConfig(recipe('infer'), { set: inferring }), recorder())
      const { validation } = z
        .object({ validation: figures })
        .parse(JSON.parse(readFileSync(join(predicted, 'metrics.json'), 'utf8')))
      expect(validation.overall.count).toBe(6)
      expect(validation.overall.loss).toBeGreaterThan(0)
    },
    180_000,
  )
})
