import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder, write } from '../../scripts/testing/temporary.mjs'
import { differences, resolveSetting, Step, StepFile } from './step.mjs'

it('a step is known by its verb, its file, its keys and what it was made from', () => {
  const folder = temporaryFolder()
  const config = write(join(folder, 'recipe.yml'), 'seed: 1\n')
  const other = write(join(folder, 'other/recipe.yml'), 'seed: 2\n')
  /** @param {number} seed */
  const chain = (seed) => new Step('infer', config, { from: new Step('train', config, { seed }) })
  expect(chain(1).key).toBe(chain(1).key)
  const keys = [
    chain(1),
    chain(2),
    new Step('infer', config),
    new Step('train', config),
    new Step('train', other),
  ].map(({ key }) => key)
  expect(new Set(keys).size).toBe(keys.length)
})

it('steps within lists and maps are inputs, and their names stand in the settings', () => {
  const config = write(join(temporaryFolder(), 'recipe.yml'), '')
  const train = new Step('train', config)
  const infer = new Step('infer', config, { seed: 3 })
  const step = new Step('ensemble', config, {
    members: { default: [{ run: infer }, { run: infer, weight: 2 }] },
    weights: new StepFile(train, 'best.safetensors'),
    seed: 1,
  })
  expect(step.inputs).toEqual([infer, train])
  expect(resolveSetting(step.set, ({ verb }) => `/${verb}`)).toEqual({
    members: { default: [{ run: '/infer' }, { run: '/infer', weight: 2 }] },
    weights: '/train/best.safetensors',
    seed: 1,
  })
})

it('experiments differ in the keys of all their steps, and in whole commands', () => {
  const config = write(join(temporaryFolder(), 'recipe.yml'), '')
  /** @param {import('./step.mjs').Settings} set */
  const predicted = (set, verb = 'train') =>
    new Step('infer', config, { from: new Step(verb, config, { seed: 1, ...set }) })
  expect(differences(predicted({}), predicted({}))).toEqual([])
  expect(differences(predicted({}), predicted({ rate: 2, seed: 4 }))).toEqual([
    'train rate',
    'train seed',
  ])
  expect(differences(predicted({}), predicted({}, 'fine-tune'))).toEqual(['fine-tune', 'train'])
  const both = new Step('ensemble', config, { runs: [predicted({}), predicted({ seed: 2 })] })
  expect(differences(both, predicted({}))).toEqual(['ensemble', 'train seed'])
})
