import type { Section } from '../config/config.js'
import { AssignmentError } from '../errors.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import type { PredictionBlock } from '../prediction/predicted-units.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { PlateGroups } from '../screen/plate-groups.js'
import { areasOf, byExperiment, type PlateWells } from './areas.js'
import { assignClasses, assignClassesGreedily } from './assign-classes.js'
import {
  chooseIndependently,
  choosePermutation,
  chooseRotation,
  type GroupChoice,
} from './choose-groups.js'
import { groupScores } from './group-scores.js'
import type { KnownDistances } from './known-distances.js'
import type { PlaceOf } from './plate-orders.js'

/** A plate of predicted wells, and the group that its classes are of. */
export interface PlateCalls extends PlateWells {
  /** null without groups. */
  readonly choice: GroupChoice | null
  /** Whether its wells may only have classes of that group. */
  readonly restricted: boolean
}

/** What is known of the screen, and what was asked for. */
export interface Rules {
  readonly section: Section<'assignment'>
  /** Treatment classes: the first columns of the logits. */
  readonly classes: number
  /** null where any class may be on any plate. */
  readonly groups: PlateGroups | null
  /** The known order of groups, for rotations. */
  readonly base: readonly number[]
  readonly placeOf: PlaceOf
  /** How near wells lie to known classes, where the score of unknown wells asks for it. */
  readonly distances: KnownDistances | null
}

/**
 * The plates of a block, each with the group that its predictions speak for.
 *
 * @param temperatureOf What the logits of a cell type are divided by.
 */
export function findGroups(
  block: PredictionBlock,
  rules: Rules,
  temperatureOf: (cellType: string) => number,
): PlateCalls[] {
  const { groups, section } = rules
  const experiments = [...byExperiment(platesOf(block.rows)).values()]
  return experiments.flatMap((plates) => {
    if (groups === null) {
      return plates.map((plate) => ({ ...plate, choice: null, restricted: false }))
    }
    const scores = plates.map(({ rows, cellType }) =>
      groupScores(rowsOf(block, rows), groups, section.groups.score, temperatureOf(cellType)),
    )
    const choices = choose(scores, plates, rules)
    return plates.map((plate, i) => {
      const choice = choices[i] ?? null
      const restricted = (choice?.confidence ?? 0) >= section.groups.minConfidence
      return { ...plate, choice, restricted }
    })
  })
}

/**
 * The logits with -Infinity where a well cannot have a class: for controls' classes, and for those of
 * other groups than its plate's.
 */
export function restrictClasses(
  { logits }: PredictionBlock,
  plates: readonly PlateCalls[],
  { groups, classes }: Rules,
): Matrix {
  const { columns } = logits
  const data = new Float32Array(logits.rows * columns).fill(Number.NEGATIVE_INFINITY)
  for (const { rows, choice, restricted } of plates) {
    for (const index of rows) {
      const from = row(logits, index)
      for (let c = 0; c < classes; c++) {
        if (restricted && groups?.groupOf[c] !== choice?.group) continue
        data[index * columns + c] = from[c] ?? 0
      }
    }
  }
  return matrix(data, logits.rows, columns)
}

/**
 * A class for each well, none twice on a plate or in an experiment.
 *
 * @param restricted `[well, class]`, -Infinity where a well cannot have a class.
 * @returns `[well]`, -1 where the greedy rule left none.
 * @throws {AssignmentError} naming wells that have too few classes among them.
 */
export function assignPlates(
  { rows }: PredictionBlock,
  restricted: Matrix,
  plates: readonly PlateCalls[],
  { section: { oneToOne, method } }: Rules,
): Int32Array {
  const calls = new Int32Array(rows.length).fill(-1)
  for (const { wells, classes, scores } of areasOf(restricted, plates, oneToOne)) {
    if (wells.length > classes.length) throw tooFew(rows, wells, classes.length, oneToOne)
    try {
      const chosen = (method === 'greedy' ? assignClassesGreedily : assignClasses)(scores)
      wells.forEach((well, i) => {
        calls[well] = chosen[i] === -1 ? -1 : (classes[chosen[i] ?? 0] ?? -1)
      })
    } catch (error) {
      if (!(error instanceof AssignmentError)) throw error
      const competing = error.rows.map((i) => wells[i] ?? 0)
      throw tooFew(rows, competing, error.columns.length, oneToOne)
    }
  }
  return calls
}

/** Plates in the order of their first row. */
function platesOf(rows: readonly PredictionRow[]): PlateWells[] {
  const plates = new Map<string, PlateWells & { rows: number[] }>()
  rows.forEach(({ experiment, plate, cellType }, index) => {
    const key = JSON.stringify([experiment, plate, cellType])
    const of = plates.get(key) ?? { experiment, plate, cellType, rows: [] }
    of.rows.push(index)
    plates.set(key, of)
  })
  return [...plates.values()]
}

function choose(
  scores: readonly Float64Array[],
  plates: readonly PlateWells[],
  { section, base, placeOf }: Rules,
): GroupChoice[] {
  switch (section.groups.order) {
    case 'independent':
      return chooseIndependently(scores)
    case 'permutation':
      return choosePermutation(scores)
    case 'rotation': {
      const places = plates.map(({ experiment, plate }) => placeOf(experiment, plate))
      return chooseRotation(scores, places, base)
    }
  }
}

function rowsOf({ logits }: PredictionBlock, rows: readonly number[]): Matrix {
  const data = new Float32Array(rows.length * logits.columns)
  rows.forEach((index, i) => {
    data.set(row(logits, index), i * logits.columns)
  })
  return matrix(data, rows.length, logits.columns)
}

function tooFew(
  rows: readonly PredictionRow[],
  wells: readonly number[],
  classes: number,
  area: string,
): AssignmentError {
  const names = wells.map((well) => rows[well]?.unit ?? '')
  const shown = names.slice(0, 5).join(', ')
  return new AssignmentError(
    `assign: ${names.length} wells have ${classes} classes among them, expected one for each: ${shown}${names.length > 5 ? ` and ${names.length - 5} more` : ''}. Each class goes to one well of the ${area}: choose groups together (assignment.groups.order: permutation or rotation), or set assignment.oneToOne to plate or none.`,
    wells,
    [],
  )
}
