import { join } from 'node:path'
import { type PredictedSplit, readSplit } from '../assignment/predicted-split.js'
import { PredictionError } from '../errors.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import type { Screen } from '../screen/screen.js'

/** What some runs predicted of the same units, and the mean of it. */
export interface AveragedSplit {
  /** The mean of the members' logits; no row has a label. */
  readonly mean: PredictedSplit
  /** `[member]`, in the order of the mean's rows. */
  readonly members: readonly Matrix[]
}

/**
 * Reads a split of several runs, and forgets the labels that stand in its rows.
 *
 * @param screen Of which treated units are wanted; the predictions may have controls too.
 * @throws {PredictionError} when a run has no predictions of the split, predictions of other units, or
 *   ranks, which have no confidence.
 */
export async function readAveragedSplit(
  runs: readonly string[],
  name: 'validation' | 'test',
  screen: Screen,
): Promise<AveragedSplit> {
  const splits: PredictedSplit[] = []
  for (const run of runs) {
    const split = await readSplit(run, name, screen)
    const path = join(run, 'predictions', `${name}.parquet`)
    if (split === null) {
      throw new PredictionError(
        `pseudo-label: ${run} has no predictions of the split ${name} (${path}), expected some to choose from. Predict it (prediction.splits), or take it from pseudoLabels.splits.`,
      )
    }
    if (split.header.scores === 'ranks') {
      throw new PredictionError(
        `pseudo-label: ${path} holds ranks (its reduce is ${split.header.reduce}), expected logits: ranks have no confidence. Average logits or probabilities.`,
      )
    }
    splits.push(split)
  }
  const [first] = splits
  if (first === undefined) throw new RangeError('no runs to read')
  const members = splits.map((split, i) => inOrderOf(first, split, runs[0] ?? '', runs[i] ?? ''))
  const data = new Float32Array(first.logits.data.length)
  for (const { data: values } of members) {
    for (let i = 0; i < data.length; i++)
      data[i] = (data[i] ?? 0) + (values[i] ?? 0) / members.length
  }
  const { rows, columns } = first.logits
  return {
    mean: {
      ...first,
      rows: first.rows.map((who) => ({ ...who, label: null })),
      logits: matrix(data, rows, columns),
    },
    members,
  }
}

function inOrderOf(first: PredictedSplit, split: PredictedSplit, of: string, run: string): Matrix {
  const { columns } = first.logits
  const places = new Map(split.rows.map(({ unit }, index) => [unit, index]))
  const lacking = first.rows.find(({ unit }) => !places.has(unit))
  if (
    lacking !== undefined ||
    places.size !== first.rows.length ||
    split.logits.columns !== columns
  ) {
    throw new PredictionError(
      `pseudo-label: ${run} has predictions of ${places.size} units in ${split.logits.columns} classes, expected the ${first.rows.length} units in ${columns} classes of ${of}${lacking === undefined ? '' : ` (${lacking.unit} is not there)`}. Predict the same split of the same screen with every model.`,
    )
  }
  const data = new Float32Array(first.rows.length * columns)
  first.rows.forEach(({ unit }, index) => {
    data.set(row(split.logits, places.get(unit) ?? 0), index * columns)
  })
  return matrix(data, first.rows.length, columns)
}
