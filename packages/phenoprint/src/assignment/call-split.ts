import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import { argmax } from '../evaluation/softmax.js'
import { type Calibration, unknownWells } from './calibrate.js'
import { valueFor } from './calibration.js'
import { assignPlates, findGroups, type PlateCalls, type Rules, restrictClasses } from './plates.js'
import type { PredictedSplit } from './predicted-split.js'
import { sharePlates } from './share-plates.js'

/** Why to look twice at a call. */
export type Flag =
  /** The well is unlike those that the models know. */
  | 'unknown'
  /** Its most likely class went to another well. */
  | 'moved'
  /** The group of its plate is uncertain, so all classes were left to it. */
  | 'uncertain group'
  /** No class was left (greedy rule). */
  | 'no class'

/** The calls of a split. */
export interface CalledSplit {
  readonly split: PredictedSplit
  readonly plates: readonly PlateCalls[]
  /** `[unit]`: index into `plates`. */
  readonly plateOf: Int32Array
  /** `[unit]`: class, or -1. */
  readonly calls: Int32Array
  /** `[unit, class]`: calibrated logits as predicted. */
  readonly calibrated: Matrix
  /** `[unit, class]`: calibrated logits, -Infinity where a well cannot have a class. */
  readonly restricted: Matrix
  /** `[unit, class]`: the same where each class goes to one well at most: the probabilities of calls. */
  readonly assigned: Matrix
  /** `[unit]` */
  readonly flags: readonly (readonly Flag[])[]
}

/**
 * Calls every unit of a split: groups of plates, restriction of classes, one class a well, flags.
 *
 * @throws {AssignmentError} when wells have too few classes among them.
 */
export function callSplit(
  split: PredictedSplit,
  rules: Rules,
  calibration: Calibration,
): CalledSplit {
  const plates = findGroups(
    split,
    rules,
    (name) => valueFor(calibration.predicted, name).temperature,
  )
  const restricted = restrictClasses(split, plates, rules)
  const { oneToOne } = rules.section
  const calls =
    oneToOne === 'none' ? mostLikely(restricted) : assignPlates(split, restricted, plates, rules)
  const plateOf = new Int32Array(split.rows.length)
  plates.forEach(({ rows }, plate) => {
    for (const index of rows) plateOf[index] = plate
  })
  const unknown = unknownWells(split, calibration, rules)
  const flags = split.rows.map((_, index): Flag[] => {
    const found: Flag[] = []
    const call = calls[index] ?? -1
    if (unknown[index]) found.push('unknown')
    if (call < 0) found.push('no class')
    else if (call !== argmax(row(restricted, index))) found.push('moved')
    const plate = plates[plateOf[index] ?? 0]
    if (plate?.choice && !plate.restricted) found.push('uncertain group')
    return found
  })
  const calibrated = divided(split, restricted, calibration.restricted)
  // Ranks have no probabilities that could be shared out.
  const shares = oneToOne !== 'none' && split.header.scores === 'logits'
  return {
    split,
    plates,
    plateOf,
    calls,
    flags,
    calibrated: divided(split, split.logits, calibration.predicted),
    restricted: calibrated,
    assigned: shares
      ? sharePlates(
          restricted,
          plates,
          oneToOne,
          (name) => valueFor(calibration.shared, name).temperature,
        )
      : calibrated,
  }
}

function mostLikely(logits: Matrix): Int32Array {
  return Int32Array.from({ length: logits.rows }, (_, index) => argmax(row(logits, index)))
}

function divided(
  { rows }: PredictedSplit,
  logits: Matrix,
  temperatures: Calibration['predicted'],
): Matrix {
  const data = Float32Array.from(logits.data)
  rows.forEach(({ cellType }, index) => {
    const { temperature } = valueFor(temperatures, cellType)
    const values = data.subarray(index * logits.columns, (index + 1) * logits.columns)
    for (let c = 0; c < values.length; c++) values[c] = (values[c] ?? 0) / temperature
  })
  return matrix(data, logits.rows, logits.columns)
}
