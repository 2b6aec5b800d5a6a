import fs from 'node:fs'
import { writeWhole } from '../../scripts/setup/files.mjs'

/**
 * What fold 1 chose, and from what.
 *
 * @typedef {object} Choice
 * @property {string} chosen
 * @property {string} at when, before any call of fold 0 was made.
 * @property {number} seeds
 * @property {Record<string, number[]>} validation accuracy of each candidate by seed.
 */

/**
 * The candidate of the greatest mean; of equals the first.
 *
 * @param {Record<string, number[]>} validation at least one.
 */
export function bestOf(validation) {
  const means = Object.entries(validation).map(([name, figures]) => ({
    name,
    mean: figures.reduce((sum, figure) => sum + figure, 0) / figures.length,
  }))
  return means.reduce((best, one) => (one.mean > best.mean ? one : best)).name
}

/**
 * Logs the choice once and for good: a choice that was logged before is given back as it is, for fold 0 may have
 * been looked at since.
 *
 * @param {string} path
 * @param {Record<string, number[]>} validation
 * @returns {Choice}
 */
export function logChoice(path, validation) {
  if (fs.existsSync(path)) return JSON.parse(fs.readFileSync(path, 'utf8'))
  const choice = {
    chosen: bestOf(validation),
    at: new Date().toISOString(),
    seeds: Math.min(...Object.values(validation).map(({ length }) => length)),
    validation,
  }
  writeWhole(path, `${JSON.stringify(choice, null, 2)}\n`)
  return choice
}
