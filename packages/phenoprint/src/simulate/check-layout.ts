import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'

/**
 * A layout that can be laid out.
 *
 * @throws {ConfigError} when treatments or plates do not divide into groups, or wells are too few.
 */
export function checkLayout({ layout, cellTypes }: Section<'simulation'>): void {
  const { plates, rows, columns, classes, groups, controls } = layout
  if (classes % groups !== 0) {
    throw new ConfigError(
      `simulation.layout.classes: got ${classes}, expected a multiple of groups (${groups}), so that all are of one size. Take ${classes - (classes % groups) || groups} or ${classes - (classes % groups) + groups}.`,
    )
  }
  if (plates % groups !== 0) {
    throw new ConfigError(
      `simulation.layout.plates: got ${plates}, expected a multiple of groups (${groups}), so that every experiment holds every treatment equally often. Take ${plates - (plates % groups) + groups}.`,
    )
  }
  const wanted = classes / groups + controls.negative + controls.positive
  if (wanted > rows * columns) {
    throw new ConfigError(
      `simulation.layout: a plate holds ${classes / groups} treatments, ${controls.negative} negative and ${controls.positive} positive controls, but ${rows} rows of ${columns} columns are only ${rows * columns} wells; expected at least ${wanted}. Take more rows or columns (at most 14 and 22), more groups, or fewer controls.`,
    )
  }
  const experiments = Object.values(cellTypes).reduce((sum, { train }) => sum + train, 0)
  if (experiments === 0) {
    throw new ConfigError(
      'simulation.cellTypes: no experiment to train on, expected at least one. Set train: 1 or more for a cell type, such as {HUVEC: {train: 5, test: 2}}.',
    )
  }
}
