import type { Reduction } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { createReducer, givesRanks } from '../evaluation/reductions.js'
import type { Row } from '../evaluation/softmax.js'
import type { PredictionHeader } from '../prediction/prediction-header.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { MemberRow } from './row-cursor.js'
import type { Prepare } from './top-classes.js'

/** A member's rows as they come, and its weight. */
export interface WeightedRows {
  readonly run: string
  readonly weight: number
  take(): Promise<MemberRow | null>
}

/** A unit, what the members that have it give it (in their order), and what they give together. */
export interface CombinedRow {
  readonly who: PredictionRow
  readonly logits: Float64Array
  readonly members: readonly (Row | undefined)[]
}

/**
 * Averages members unit by unit.
 *
 * @param members At least one; all must have the same units in the same order.
 * @param prepare What is done to a member's row before it is averaged.
 * @throws {PredictionError} naming the first unit in which two members differ.
 */
export async function* combine(
  members: readonly WeightedRows[],
  reduction: Reduction,
  classes: number,
  prepare: Prepare = (logits) => logits,
): AsyncGenerator<CombinedRow> {
  const reducer = createReducer(reduction, classes)
  for (let index = 0; ; index++) {
    const rows: (MemberRow | null)[] = []
    for (const member of members) rows.push(await member.take())
    const [first = null] = rows
    rows.forEach((other, i) => {
      refuseDifference(index, members[0]?.run ?? '', first, members[i]?.run ?? '', other)
    })
    if (first === null) return
    const given = rows.filter((row) => row !== null)
    given.forEach(({ logits }, i) => {
      reducer.add(prepare(logits, members[i]?.run ?? ''), members[i]?.weight)
    })
    yield { who: first.who, logits: reducer.take(), members: given.map(({ logits }) => logits) }
  }
}

/**
 * What the average is: ranks when the reduction makes them, or averages members that are ranks.
 *
 * @throws {PredictionError} when ranks would be turned into probabilities.
 */
export function combinedScores(
  reduction: Reduction,
  members: readonly (readonly [run: string, header: PredictionHeader])[],
): PredictionHeader['scores'] {
  const ranked = members.find(([, { scores }]) => scores === 'ranks')
  if (ranked !== undefined && reduction.startsWith('probability')) {
    throw new PredictionError(
      `ensemble: ${ranked[0]} holds ranks (its reduce is ${ranked[1].reduce}), of which there are no probabilities. Use ensemble.reduce rankMean or rankMedian, or predict that member with a reduction of logits.`,
    )
  }
  return ranked !== undefined || givesRanks(reduction) ? 'ranks' : 'logits'
}

function refuseDifference(
  index: number,
  firstRun: string,
  first: MemberRow | null,
  run: string,
  other: MemberRow | null,
): void {
  const a = first?.who
  const b = other?.who
  if (a?.unit === b?.unit && a?.label === b?.label) return
  const difference =
    a?.unit === b?.unit
      ? `unit ${a?.unit} has label ${a?.label ?? 'none'} in ${firstRun} and ${b?.label ?? 'none'} in ${run}`
      : `unit number ${index} is ${a?.unit ?? 'missing'} in ${firstRun} and ${b?.unit ?? 'missing'} in ${run}`
  throw new PredictionError(
    `ensemble: the members do not have the same units${a === undefined && b === undefined ? '' : ` (cell type ${a?.cellType ?? b?.cellType})`}: ${difference}. Predict them on the same store with the same split, or average only a split that they share (ensemble.splits).`,
  )
}
