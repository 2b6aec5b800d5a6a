import { twoWayBootstrap } from '../lib/two-way-bootstrap.mjs'
import { accuracyOf } from './called-wells.mjs'

/** @import { CalledWells } from './called-wells.mjs' */
/** @import { Arm } from './arms.mjs' */

/** Fewer seeds say nothing. */
export const fewestSeeds = 5

/**
 * An arm at one seed.
 *
 * @typedef {object} Measured
 * @property {CalledWells} test
 * @property {CalledWells} validation empty where an arm predicts no validation wells.
 * @property {number} seconds of its longest step.
 * @property {number} peakMiB of its trainings.
 *
 * @typedef {'held' | 'did not hold' | 'undecided'} Verdict
 *
 * @typedef {object} Compared
 * @property {Arm} arm
 * @property {Arm} against
 * @property {string[]} keys
 * @property {number} seeds
 * @property {number} experiments
 * @property {number} difference of test accuracies, arm less against; `lower`, `upper` its interval.
 * @property {number | null} lower
 * @property {number | null} upper
 * @property {Verdict | null} verdict null with too few seeds.
 * @property {{ arm: number, against: number }} accuracy on test wells, mean over the seeds.
 * @property {{ arm: number, against: number } | null} validation the same on validation wells.
 * @property {{ arm: number, against: number }} peakMiB of the trainings, mean over the seeds.
 * @property {Record<string, [arm: number, against: number, wells: number]>[]} right wells of each
 *   experiment that are called right, one a seed.
 */

/**
 * @param {import('./claims.mjs').Comparison} comparison
 * @param {{ arm: Measured, against: Measured }[]} pairs one a seed.
 * @returns {Compared}
 */
export function compareArms({ arm, against, keys }, pairs) {
  const experiments = [...pairs[0].arm.test.keys()]
  const cells = pairs.map((pair) =>
    experiments.map((experiment) => {
      const [mine, theirs] = [pair.arm.test.get(experiment), pair.against.test.get(experiment)]
      if (mine === undefined || theirs === undefined || mine.wells !== theirs.wells) {
        throw new Error(`${arm} and ${against} did not call the same wells of ${experiment}`)
      }
      return { arm: mine.right, against: theirs.right, wells: mine.wells }
    }),
  )
  const { mean, lower, upper } = twoWayBootstrap(cells)
  /** @param {(one: Measured) => number} figure */
  const both = (figure) => ({
    arm: meanOf(pairs.map((pair) => figure(pair.arm))),
    against: meanOf(pairs.map((pair) => figure(pair.against))),
  })
  const validated = pairs.every(
    (pair) => pair.arm.validation.size > 0 && pair.against.validation.size > 0,
  )
  return {
    arm,
    against,
    keys,
    seeds: pairs.length,
    experiments: experiments.length,
    difference: mean,
    lower: Number.isNaN(lower) ? null : lower,
    upper: Number.isNaN(upper) ? null : upper,
    verdict: pairs.length < fewestSeeds ? null : verdictOf(lower, upper),
    accuracy: both((one) => accuracyOf(one.test)),
    validation: validated ? both((one) => accuracyOf(one.validation)) : null,
    peakMiB: both((one) => one.peakMiB),
    right: cells.map((row) =>
      Object.fromEntries(
        row.map((cell, place) => [experiments[place], [cell.arm, cell.against, cell.wells]]),
      ),
    ),
  }
}

/**
 * @param {number} lower
 * @param {number} upper
 * @returns {Verdict}
 */
export function verdictOf(lower, upper) {
  if (lower > 0) return 'held'
  return upper < 0 ? 'did not hold' : 'undecided'
}

/** @param {number[]} values */
function meanOf(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
