import { join } from 'node:path'
import { readCalledWells } from './called-wells.mjs'

/** @import { Experiments, Finished } from '../lib/experiments.mjs' */
/** @import { Step } from '../lib/step.mjs' */

/**
 * Runs what an arm still lacks and reads its calls.
 *
 * @param {Experiments} experiments
 * @param {Step} arm
 * @param {Map<string, Finished>} steps takes up every step behind it, by key.
 * @returns {Promise<import('./compare-arms.mjs').Measured>}
 */
export async function measureArm(experiments, arm, steps) {
  const { test, validation } = await experiments.measure(arm, (folder) => {
    const calls = join(folder, 'calls.csv')
    return {
      test: [...readCalledWells(calls, 'test')],
      validation: [...readCalledWells(calls, 'validation')],
    }
  })
  const own = experiments.behind(arm)
  for (const [key, finished] of own) steps.set(key, finished)
  const took = [...own.values()]
  const trained = took.filter(({ verb }) => verb === 'train' || verb === 'fine-tune')
  return {
    test: new Map(test),
    validation: new Map(validation),
    seconds: Math.max(...took.map(({ seconds }) => seconds)),
    peakMiB: Math.max(...trained.map(({ peakMiB }) => peakMiB)),
  }
}
