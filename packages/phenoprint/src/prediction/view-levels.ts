import type { Section } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { createReducer } from '../evaluation/reductions.js'
import type { Row } from '../evaluation/softmax.js'

/** How the views of a unit become one row, level by level. */
export type Averaging = Section<'evaluation'>['averaging']
export type AveragingStep = Averaging[number]
type Level = AveragingStep['level']

/** Logits of a view, or of several that were averaged: their levels are then null. */
export interface LevelRow {
  readonly sites: string | null
  readonly tiles: string | null
  readonly symmetries: string | null
  /** `[class]` */
  readonly logits: Row
}

const levels: readonly Level[] = ['tiles', 'symmetries', 'sites']

/**
 * The views of one unit, averaged level by level: rows that differ in that level alone become one.
 * Levels that are not named are off: of each only the first (the first site, tile or symmetry) counts.
 *
 * @param views All views of a unit, in their order.
 * @returns The rows before any average, and after each step.
 * @throws {PredictionError} when a weight is given for a tile, symmetry or site, but not for all.
 */
export function averageLevels(views: readonly LevelRow[], averaging: Averaging): LevelRow[][] {
  let rows = levels
    .filter((level) => !averaging.some((step) => step.level === level))
    .reduce((kept, level) => withFirst(kept, level), [...views])
  const stages = [rows]
  for (const step of averaging) {
    rows = averageLevel(rows, step)
    stages.push(rows)
  }
  return stages
}

function withFirst(rows: readonly LevelRow[], level: Level): LevelRow[] {
  const [first] = rows
  return rows
    .filter((row) => row[level] === first?.[level])
    .map((row) => ({ ...row, [level]: null }))
}

function averageLevel(rows: readonly LevelRow[], step: AveragingStep): LevelRow[] {
  const { level, reduce } = step
  const together = new Map<string, LevelRow[]>()
  for (const row of rows) {
    const key = JSON.stringify(levels.map((other) => (other === level ? null : row[other])))
    const group = together.get(key) ?? []
    group.push(row)
    together.set(key, group)
  }
  return [...together.values()].map((group) => {
    const [first] = group
    const reducer = createReducer(reduce, first?.logits.length ?? 0)
    for (const row of group) reducer.add(row.logits, weightOf(row, step))
    return {
      sites: first?.sites ?? null,
      tiles: first?.tiles ?? null,
      symmetries: first?.symmetries ?? null,
      [level]: null,
      logits: reducer.take(),
    }
  })
}

function weightOf(row: LevelRow, { level, weights }: AveragingStep): number {
  if (weights === undefined) return 1
  const name = row[level] ?? ''
  const weight = weights[name]
  if (weight === undefined) {
    throw new PredictionError(
      `averaging: ${level}: no weight for "${name}"; weights are given for ${Object.keys(weights).join(', ')}. Give each of the ${level} its weight, or none.`,
    )
  }
  return weight
}
