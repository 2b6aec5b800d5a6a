import fs from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'
import { Step } from './step.mjs'

/** @import { Settings } from './step.mjs' */

/** The folder that holds MitoCheck. */
export const mitocheckData = resolve(root, process.env.PHENOPRINT_DATA || '../shared/data')

/**
 * Makes every command find the data, wherever it is started; ends the program where there is none.
 */
export function requireMitocheck() {
  if (!fs.existsSync(join(mitocheckData, 'mitocheck/manifest.csv'))) {
    console.error(
      `There is no MitoCheck at ${join(mitocheckData, 'mitocheck')}. Name its parent with PHENOPRINT_DATA.`,
    )
    process.exit(3)
  }
  process.env.PHENOPRINT_DATA = mitocheckData
}

/** @param {string} verb */
const config = (verb) => join(root, `configs/mitocheck/${verb}.yml`)
const store = { 'store.path': new Step('preprocess', config('preprocess')) }

/**
 * The recipe of configs/mitocheck with some keys changed: folds 2 to 4 train.
 *
 * @param {number} seed
 * @param {Settings} [set]
 */
export function trainMitocheck(seed, set) {
  return new Step('train', config('train'), { ...store, seed, ...set })
}

/** @param {Step} from @param {Settings} [set] */
export function fineTuneMitocheck(from, set) {
  const { seed } = from.set
  return new Step('fine-tune', config('fine-tune'), {
    ...store,
    seed,
    'fineTune.from': from,
    ...set,
  })
}

/**
 * Calls of the last epoch, averaged over the eight symmetries, of one fold alone: 1 is `validation`, 0 `test`.
 *
 * @param {Step} from
 * @param {'validation' | 'test'} split
 */
export function callMitocheck(from, split) {
  return new Step('infer', config('infer'), {
    ...store,
    'prediction.from': from,
    'prediction.splits': [split],
  })
}
