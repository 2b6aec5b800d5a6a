import { join } from 'node:path'
import { loadConfig } from '@phenoprint/phenoprint'
import { expect, it } from 'vitest'
import { temporaryFolder, write } from '../../scripts/testing/temporary.mjs'
import { differences, resolveSetting } from '../lib/step.mjs'
import { readCurve } from './curves.mjs'
import { arcfacePage, standings } from './summary.mjs'
import { mitocheckWays, syntheticWays, wayNames } from './ways.mjs'

it('ways differ from softmax in the loss, the head of one on cosines alone, and the fine-tuning', () => {
  expect(Object.keys(mitocheckWays(1))).toEqual(wayNames)
  const ways = mitocheckWays(1)
  /** @param {string} way @param {string} from */
  const keys = (way, from = 'softmax') => differences(ways[way].calls, ways[from].calls)
  const loss = ['marginWarmup', 'name'].map((key) => `train training.loss.angular.${key}`)
  const angularWeight = 'train training.loss.angular.weight'
  expect(keys('softmax + ArcFace')).toEqual([...loss, angularWeight, 'train training.loss.weight'])
  expect(keys('ArcFace alone')).toEqual(
    ['train model.head.name', ...loss, 'train training.loss.weight'].sort(),
  )
  expect(keys('softmax, fine-tuned')).toEqual(['fine-tune'])
  expect(keys('ArcFace after softmax', 'softmax, fine-tuned')).toEqual(
    ['train model.head.name', ...loss, 'train training.loss.weight']
      .map((key) => key.replace('train', 'fine-tune'))
      .sort(),
  )
})

it('every way is a configuration, and calls no test unit of MitoCheck', () => {
  for (const { calls, training } of Object.values(mitocheckWays(2))) {
    for (const step of [calls, training]) {
      const set = Object.entries(step.set).map(
        ([key, value]) => `${key}=${JSON.stringify(resolveSetting(value, ({ verb }) => verb))}`,
      )
      const config = loadConfig(step.config, { set })
      if (step === calls) expect(config.prediction?.splits).toEqual(['validation'])
    }
  }
})

it('synthetic ways are networks of the claims bench', () => {
  expect(Object.values(syntheticWays(1)).map(({ training }) => training.verb)).toEqual([
    'train',
    'fine-tune',
    'fine-tune',
    'train',
    'train',
  ])
})

it('a way has lost when its mean is more than a point behind softmax', () => {
  const found = standings([
    { screen: 'S', way: 'softmax', accuracies: [0.8, 0.9, 0.7] },
    { screen: 'S', way: 'level', accuracies: [0.79, 0.89, 0.69] },
    { screen: 'S', way: 'behind', accuracies: [0.78, 0.89, 0.69] },
    { screen: 'S', way: 'young', accuracies: [0.85] },
  ])
  expect(found.map(({ lost }) => lost)).toEqual([false, false, true, false])
  expect(found[2].difference).toBeCloseTo(-0.04 / 3, 12)
  expect(found[3].difference).toBeCloseTo(0.05, 12)
  expect(arcfacePage(found, ['a.svg'])).toContain(
    '| S | behind | 78.7 | 78.0, 89.0, 69.0 | -1.3 | **lost** |',
  )
})

it('curves are read by epoch, networks of a fine-tuning averaged', () => {
  const folder = temporaryFolder()
  /** @param {number} epoch @param {string} cellType @param {number} accuracy */
  const line = (epoch, cellType, accuracy) =>
    JSON.stringify({
      type: 'epoch',
      epoch,
      cellType,
      loss: 2,
      validation: { overall: { accuracy, loss: 1 } },
    })
  const lines = [
    JSON.stringify({ type: 'started' }),
    line(1, 'A', 0.2),
    line(2, 'A', 0.4),
    line(1, 'B', 0.4),
    line(2, 'B', 0.8),
  ]
  write(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`)
  const curve = readCurve(folder, 'both')
  expect(curve.map(({ epoch }) => epoch)).toEqual([1, 2])
  expect(curve[0].accuracy).toBeCloseTo(0.3, 12)
  expect(curve[1]).toMatchObject({ network: 'both', trainingLoss: 2, validationLoss: 1 })
  expect(curve[1].accuracy).toBeCloseTo(0.6, 12)
})
