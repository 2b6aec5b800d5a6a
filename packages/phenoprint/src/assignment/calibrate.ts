import { PredictionError } from '../errors.js'
import { knownLabel } from '../prediction/calls.js'
import type { Reporter } from '../run/reporter.js'
import { type ByCellType, boundsOf, fitTemperatures, valueFor } from './calibration.js'
import { findGroups, type Rules, restrictClasses } from './plates.js'
import { labelledUnits, type PredictedSplit } from './predicted-split.js'
import { fitSharedTemperatures } from './share-plates.js'
import type { Temperature } from './temperature.js'
import { familiarities, isBelow, type KnownWells } from './unknown.js'

/** What was learned from the labels of the calibration split. */
export interface Calibration {
  /** For the logits as they were predicted: used to find groups. */
  readonly predicted: ByCellType<Temperature>
  /** For the logits within the classes that a well can have. */
  readonly restricted: ByCellType<Temperature>
  /** For the same where classes are shared out among wells: used for the probabilities of calls. */
  readonly shared: ByCellType<Temperature>
  /** What wells that are known score; null without calibration. */
  readonly known: ByCellType<KnownWells> | null
}

/** Without calibration: logits as they are, nothing unknown. */
export const uncalibrated: Calibration = {
  predicted: fitTemperatures([]),
  restricted: fitTemperatures([]),
  shared: fitTemperatures([]),
  known: null,
}

/**
 * Temperatures by cell type as predicted, after the restriction of classes and after they are shared
 * out among wells, and bounds of what is unknown. Ranks have neither.
 *
 * @param split The calibration split, or null.
 */
export function calibrate(
  split: PredictedSplit | null,
  rules: Rules,
  reporter: Reporter,
): Calibration {
  const { calibration, unknown, oneToOne } = rules.section
  if (calibration === 'none' || split?.header.scores === 'ranks') return uncalibrated
  const labelled = split === null ? [] : labelledUnits(split, split.logits)
  if (split === null || labelled.length === 0) {
    reporter.say(
      `assign: no labelled unit in the split ${calibration} (assignment.calibration), so probabilities are as predicted and no well is flagged as unknown`,
    )
    return uncalibrated
  }
  const predicted = fitTemperatures(labelled)
  const plates = findGroups(split, rules, (name) => valueFor(predicted, name).temperature)
  const within = restrictClasses(split, plates, rules)
  const restricted = fitTemperatures(labelledUnits(split, within))
  const labels = split.rows.map((who) => knownLabel(who, split.header))
  const scores = familiarities(split, unknown.score, rules.distances)
  const usesEnergy = unknown.score === 'energy' || unknown.score === 'either'
  if (usesEnergy && scores[0]?.every((score) => Math.abs(score) < 1e-3)) {
    throw new PredictionError(
      `assign: assignment.unknown.score: ${unknown.score}: these predictions are log-probabilities, whose energy is always 0. Set it to ${unknown.score === 'energy' ? 'probability' : 'distance'}.`,
    )
  }
  const wells = split.rows.flatMap(({ cellType }, i) =>
    labels[i] === null ? [] : [{ cellType, scores: scoresAt(scores, i) }],
  )
  return {
    predicted,
    restricted,
    shared:
      oneToOne === 'none' ? restricted : fitSharedTemperatures(within, plates, oneToOne, labels),
    known: boundsOf(wells, unknown.quantile),
  }
}

/** Which wells of a split are unlike those of the calibration split; none without one. `[well]` */
export function unknownWells(
  split: PredictedSplit,
  { known }: Calibration,
  { section: { unknown }, distances }: Rules,
): boolean[] {
  if (known === null) return split.rows.map(() => false)
  const scores = familiarities(split, unknown.score, distances)
  return split.rows.map(({ cellType }, i) =>
    isBelow(scoresAt(scores, i), valueFor(known, cellType)),
  )
}

function scoresAt(scores: readonly Float64Array[], well: number): number[] {
  return scores.map((of) => of[well] ?? Number.NaN)
}
