import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setThreads } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../config/load.js'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { storeWithControls } from './controls.test.support.js'
import { fineTune } from './fine-tune.js'
import { train } from './train.js'

const folder = fileURLToPath(new URL('../../../../configs/rxrx1/variations/', import.meta.url))
const names = readdirSync(folder).map((file) => basename(file, '.yml'))

let store = ''

/** On the small screen with a small network, so that what is tried is the variation. */
function smaller(name: string, output: string, set: readonly string[] = []) {
  const { model } = loadConfig(join(folder, `${name}.yml`))
  const residual = model.architecture.startsWith('resnet')
  return loadConfig(join(folder, `${name}.yml`), {
    set: [
      ...[`store.path=${store}`, 'store.tile=[32, 32]', `output=${output}`],
      ...['split.validation={folds: 2, fold: 1}', 'split.skipExperiments=[]'],
      `model.architecture=${residual ? 'resnet18' : 'efficientnet-b0'}`,
      ...['training.epochs=1', 'training.batchSize=4', 'training.threads=1'],
      ...['training.precision=fp32', 'training.optimiser.learningRate=1e-6'],
      ...(name === 'one-cycle' ? ['training.average.fromEpoch=1'] : []),
      ...set,
    ],
  })
}

beforeAll(async () => {
  setThreads(1)
  store = await storeWithControls(32)
})

describe('each variation of the recipes for RxRx1 trains, on a small screen with a small network', () => {
  it.each(names.filter((name) => name !== 'frozen-norms'))('%s', async (name) => {
    const run = join(temporaryFolder(), 'run')
    await train(smaller(name, run), recorder())
    const metrics = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8'))
    expect(metrics).toMatchObject({ trainingLoss: expect.any(Number) })
  })

  it('frozen-norms', async () => {
    const overall = join(temporaryFolder(), 'run')
    const run = join(temporaryFolder(), 'run')
    await train(smaller('plate-batches', overall), recorder())
    await fineTune(smaller('frozen-norms', run, [`fineTune.from=${overall}`]), recorder())
    for (const cellType of ['HeLa', 'U2OS'])
      expect(existsSync(join(run, cellType, 'metrics.json'))).toBe(true)
  })
})
