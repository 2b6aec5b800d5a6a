import fs from 'node:fs'
import { join } from 'node:path'
import { loadConfig } from '@phenoprint/phenoprint'
import { expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../scripts/testing/temporary.mjs'
import { callMitocheck, trainMitocheck } from '../lib/mitocheck.mjs'
import { differences, resolveSetting } from '../lib/step.mjs'
import { candidates } from './candidates.mjs'
import { bestOf, logChoice } from './choose.mjs'

it('the best has the greatest mean over the seeds', () => {
  expect(bestOf({ plain: [0.8, 0.81], wide: [0.85, 0.8], late: [0.9, 0.7] })).toBe('wide')
})

it('a choice is logged once: figures that come later change nothing', () => {
  const path = join(temporaryFolder(), 'choice.json')
  vi.useFakeTimers({ now: new Date('2020-01-02T03:04:05Z') })
  const first = logChoice(path, { plain: [0.8, 0.8], wide: [0.9, 0.7] })
  vi.useRealTimers()
  expect(first).toEqual({
    chosen: 'plain',
    at: '2020-01-02T03:04:05.000Z',
    seeds: 2,
    validation: { plain: [0.8, 0.8], wide: [0.9, 0.7] },
  })
  expect(logChoice(path, { plain: [0.1], wide: [1] })).toEqual(first)
  expect(JSON.parse(fs.readFileSync(path, 'utf8'))).toEqual(first)
})

it.each(Object.entries(candidates))('%s is a configuration of train', (_, set) => {
  const step = trainMitocheck(1, set)
  const settings = Object.entries(step.set).map(
    ([key, value]) => `${key}=${JSON.stringify(resolveSetting(value, ({ verb }) => verb))}`,
  )
  const { split } = loadConfig(step.config, { set: settings })
  expect(split).toMatchObject({ test: { folds: 5, fold: 0 }, validation: { folds: 5, fold: 1 } })
})

it('choosing and testing call the same network on another fold', () => {
  const network = trainMitocheck(1, candidates.plain)
  expect(differences(callMitocheck(network, 'validation'), callMitocheck(network, 'test'))).toEqual(
    ['infer prediction.splits'],
  )
})
