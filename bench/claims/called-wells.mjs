import fs from 'node:fs'
import { parse } from 'csv-parse/sync'

/** Wells with a label, and how many of them are called right, by experiment. */
/** @typedef {Map<string, { wells: number, right: number }>} CalledWells */

/**
 * What the `calls.csv` of infer, ensemble or assign says of a split.
 *
 * @param {string} path
 * @param {'validation' | 'test'} split
 * @returns {CalledWells} experiments in the order of their names.
 */
export function readCalledWells(path, split) {
  /** @type {Array<Record<string, string>>} */
  const rows = parse(fs.readFileSync(path), { columns: true })
  /** @type {CalledWells} */
  const found = new Map()
  for (const row of rows) {
    if (row.split !== split || row.outcome === '') continue
    const experiment = found.get(row.experiment) ?? { wells: 0, right: 0 }
    experiment.wells++
    if (row.outcome === 'right') experiment.right++
    found.set(row.experiment, experiment)
  }
  return new Map([...found].sort(([one], [other]) => (one < other ? -1 : 1)))
}

/** @param {CalledWells} called @returns {number} share of the wells that are called right. */
export function accuracyOf(called) {
  const experiments = [...called.values()]
  const right = experiments.reduce((sum, one) => sum + one.right, 0)
  return right / experiments.reduce((sum, one) => sum + one.wells, 0)
}
