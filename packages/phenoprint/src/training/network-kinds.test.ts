import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setThreads } from '@phenoprint/torch'
import { beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configSchema } from '../config/config.js'
import { loadNetwork } from '../models/checkpoint.js'
import { infer } from '../prediction/infer.js'
import { recorder } from '../store/small-screen.test.support.js'
import { temporaryFolder } from '../testing/folder.js'
import { fineTune } from './fine-tune.js'
import { smallConfig, smallStore } from './small-run.test.support.js'
import { train } from './train.js'

let store = ''
beforeAll(async () => {
  setThreads(1)
  store = await smallStore()
})

const lossOf = z.object({ overall: z.object({ loss: z.number() }) })

describe('training and prediction agree on what a network says', () => {
  it.each([
    { architecture: 'resnet18', cellTypeInput: true, head: { name: 'embedding', size: 16 } },
    { architecture: 'resnet18', head: { name: 'cosine', size: 8 } },
    { architecture: 'densenet121', cellTypeInput: true, normMomentum: 0.05 },
    { architecture: 'efficientnet-b0', cellTypeInput: true, head: { name: 'cosine', scale: 10 } },
  ])('$architecture $head.name', async (model) => {
    const run = join(temporaryFolder(), 'run')
    const config = smallConfig(store, run, { epochs: 1 }, { model })
    const reporter = recorder()
    await train(config, reporter)
    const { network, description } = loadNetwork(run, 'last')
    network.dispose()
    expect(description.cellTypes).toEqual(model.cellTypeInput ? ['HeLa', 'U2OS'] : [])
    const predicted = join(temporaryFolder(), 'predicted')
    const prediction = { from: run, checkpoint: 'last', splits: ['validation'], batchSize: 7 }
    await infer(configSchema.parse({ output: predicted, prediction }), recorder())
    const told = z
      .object({ last: lossOf })
      .parse(JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')))
    const { validation } = z
      .object({ validation: lossOf })
      .parse(JSON.parse(readFileSync(join(predicted, 'metrics.json'), 'utf8')))
    expect(validation.overall.loss).toBeCloseTo(told.last.overall.loss, 4)
  })
})

describe('statistics of what is predicted', () => {
  const model = { architecture: 'resnet18', dropout: 0.2 }

  it.each(['batch', 'plate', 'experiment'])(
    'are the same in validation and in prediction: %s',
    async (statistics) => {
      const run = join(temporaryFolder(), 'run')
      const batchNorm = { validation: { statistics } }
      const config = smallConfig(store, run, { epochs: 1, batchNorm }, { model })
      await train(config, recorder())
      const losses = []
      for (const own of [{ statistics }, {}]) {
        const predicted = join(temporaryFolder(), 'predicted')
        const prediction = {
          ...{ from: run, checkpoint: 'last', splits: ['validation'], batchSize: 4 },
          batchNorm: own,
        }
        await infer(configSchema.parse({ output: predicted, prediction }), recorder())
        const { validation } = z
          .object({ validation: lossOf })
          .parse(JSON.parse(readFileSync(join(predicted, 'metrics.json'), 'utf8')))
        losses.push(validation.overall.loss)
      }
      const told = z
        .object({ last: lossOf })
        .parse(JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')))
      expect(losses[0]).toBeCloseTo(told.last.overall.loss, 4)
      expect(Math.abs((losses[1] ?? 0) - told.last.overall.loss)).toBeGreaterThan(1e-3)
    },
  )

  it('leave what is saved alone: the same weights and running statistics as without them', async () => {
    const numbers = []
    for (const statistics of ['running', 'plate']) {
      const run = join(temporaryFolder(), 'run')
      const batchNorm = { validation: { statistics } }
      await train(smallConfig(store, run, { epochs: 2, batchNorm }, { model }), recorder())
      const { network } = loadNetwork(run, 'last')
      numbers.push(
        [...network.stateDict()].map(([name, value]) => [name, value.sum().item()] as const),
      )
      network.dispose()
    }
    expect(numbers[1]).toEqual(numbers[0])
  })

  it('frozen in training stay as they are, and still normalise', async () => {
    const run = join(temporaryFolder(), 'run')
    const batchNorm = { statistics: 'frozen' }
    await train(smallConfig(store, run, { epochs: 1, batchNorm }, { model }), recorder())
    const { network } = loadNetwork(run, 'last')
    const state = network.stateDict()
    const of = (name: string) => state.get(name)?.toNumbers() ?? []
    expect(of('layer2.0.bn1.running_mean').every((value) => value === 0)).toBe(true)
    expect(of('layer2.0.bn1.running_var').every((value) => value === 1)).toBe(true)
    expect(of('bn1.num_batches_tracked')).toEqual([0])
    expect(of('layer2.0.bn1.weight').some((value) => value !== 1)).toBe(true)
    network.dispose()
  })

  it('are refused with controls that nothing would look at', async () => {
    const run = join(temporaryFolder(), 'run')
    const batchNorm = { validation: { controls: 3 } }
    await expect(train(smallConfig(store, run, { batchNorm }), recorder())).rejects.toThrow(
      'training.batchNorm.validation: got controls: 3 and statistics: running',
    )
  })
})

it('fine-tunes with an angular loss what softmax has trained, its rows as directions', async () => {
  const overall = join(temporaryFolder(), 'overall')
  const architecture = { architecture: 'resnet18' }
  await train(smallConfig(store, overall, { epochs: 1 }, { model: architecture }), recorder())
  const run = join(temporaryFolder(), 'tuned')
  const config = smallConfig(
    store,
    run,
    { epochs: 1, optimiser: { learningRate: 1e-12 }, loss: { weight: 0, angular: {} } },
    {
      model: { ...architecture, head: { name: 'cosine', scale: 30 } },
      fineTune: { from: overall, cellTypes: ['HeLa'] },
    },
  )
  const reporter = recorder()
  await fineTune(config, reporter)
  expect(reporter.lines.join('\n')).toContain('with another head: taken fc.weight; fresh nothing')
  const { network: before } = loadNetwork(overall, 'bestByCellType', 'HeLa')
  const { network: after } = loadNetwork(run, 'last', 'HeLa')
  const weightOf = (of: typeof before) => of.stateDict().get('fc.weight')?.toNumbers() ?? []
  const [given, kept] = [weightOf(before), weightOf(after)]
  expect(kept.length).toBe(given.length)
  kept.forEach((value, i) => {
    expect(value).toBeCloseTo(given[i] ?? Number.NaN, 8)
  })
  for (const network of [before, after]) network.dispose()
})

it('does not train by an angular loss alone what predicts from another layer', async () => {
  const run = join(temporaryFolder(), 'run')
  const config = smallConfig(store, run, { loss: { weight: 0, angular: {} } })
  await expect(train(config, recorder())).rejects.toThrow('expected cosine')
})
