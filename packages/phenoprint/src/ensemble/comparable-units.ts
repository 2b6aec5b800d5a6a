import { PredictionError } from '../errors.js'
import { matrix } from '../evaluation/matrix.js'
import type { Row } from '../evaluation/softmax.js'
import { knownLabel } from '../prediction/calls.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { Member, MemberFiles } from './members.js'
import { RowCursor } from './row-cursor.js'
import type { ComparableUnits } from './select-members.js'
import type { Prepare } from './top-classes.js'

/** Units that members can be compared on, and how many could not be used. */
export interface FoundUnits extends ComparableUnits {
  /** Labelled units that some members, but not all, have in this split. */
  readonly leftOut: number
}

/**
 * The labelled units of a cell type that every member has predicted in this split. A unit of a
 * member's validation or test split was not trained on by it, so these are units that none of them
 * trained on, even where members held different experiments out.
 *
 * @param prepare What is done to a row of a member before it is averaged.
 * @throws {PredictionError} when there is no such unit, or members give one different labels.
 */
export async function comparableUnits(
  members: MemberFiles,
  list: readonly Member[],
  cellType: string,
  prepare: Prepare,
): Promise<FoundUnits> {
  const found = new Map<string, { who: PredictionRow; label: number; rows: Row[] }>()
  for (const [index, { run }] of list.entries()) {
    const file = members.file(run)
    const cursor = new RowCursor(file, cellType)
    for (let at = await cursor.take(); at !== null; at = await cursor.take()) {
      const label = knownLabel(at.who, file.header)
      if (label === null) continue
      const unit = found.get(at.who.unit) ?? { who: at.who, label, rows: [] }
      if (unit.label !== label) {
        throw new PredictionError(
          `ensemble.select: unit ${at.who.unit} has label ${label} in ${run}, and ${unit.label} in ${list[0]?.run}. Members must be of the same screen.`,
        )
      }
      // A member that lacks the unit breaks the row of members, and the unit is left out.
      if (unit.rows.length === index) unit.rows.push(prepare(at.logits, run))
      found.set(at.who.unit, unit)
    }
  }
  const shared = [...found.values()].filter(({ rows }) => rows.length === list.length)
  if (shared.length === 0) {
    throw new PredictionError(
      `ensemble.select: the members of ${cellType} have no labelled unit in common in the split that they are compared on, so no unit is known that none of them trained on. Give them validation experiments in common, or take ensemble.select out.`,
    )
  }
  const classes = shared[0]?.rows[0]?.length ?? 0
  return {
    experiments: shared.map(({ who }) => who.experiment),
    labels: Int32Array.from(shared, ({ label }) => label),
    logits: list.map((_, i) => {
      const data = new Float32Array(shared.length * classes)
      shared.forEach(({ rows }, unit) => {
        data.set(rows[i] ?? [], unit * classes)
      })
      return matrix(data, shared.length, classes)
    }),
    leftOut: found.size - shared.length,
  }
}
