import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { CheckpointError } from '../errors.js'
import { metricsByCellTypeSchema, metricsSchema } from '../evaluation/metrics-schema.js'
import { bestOf } from '../models/checkpoint-path.js'
import type { TrainingState } from './training-state.js'

const outcomeSchema = z.object({
  /** Whole epochs that were trained. */
  epochs: z.int().nonnegative(),
  stoppedEarly: z.boolean(),
  /** Mean training loss of the last epoch. */
  trainingLoss: z.number().nullable(),
  /** The epoch of lowest validation loss and its metrics; null without validation. */
  best: z.object({ epoch: z.int(), metrics: metricsByCellTypeSchema }).nullable(),
  /** The same for each cell type, by its own loss. */
  bestByCellType: z.record(z.string(), z.object({ epoch: z.int(), metrics: metricsSchema })),
  /** Validation of the last epoch. */
  last: metricsByCellTypeSchema.nullable(),
  /** Names of the checkpoints. */
  checkpoints: z.array(z.string()),
})

/** What came of a training: `metrics.json` in its folder. */
export type TrainingOutcome = z.output<typeof outcomeSchema>

/**
 * The outcome of a training that is over; null while it is not.
 *
 * @throws {CheckpointError} when the file cannot be read.
 */
export function readOutcome(path: string): TrainingOutcome | null {
  if (!existsSync(path)) return null
  try {
    return outcomeSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new CheckpointError(
      `training: ${path} cannot be read. Expected the metrics that training wrote; delete the run directory to train again.`,
      { cause },
    )
  }
}

/** What came of a training that has ended. */
export function outcomeOf(state: TrainingState): TrainingOutcome {
  const { stopping, bestMetrics } = state
  const { overall } = bestMetrics
  const best =
    overall === null || stopping.overall === null
      ? null
      : { epoch: stopping.overall.bestEpoch, metrics: overall }
  const ofCellTypes = Object.entries(bestMetrics.byCellType).map(([cellType, metrics]) => {
    const epoch = stopping.byCellType[cellType]?.bestEpoch ?? 0
    return [cellType, { epoch, metrics }] as const
  })
  return {
    epochs: state.epoch - 1,
    stoppedEarly: state.stopped,
    trainingLoss: state.lastLoss,
    best,
    bestByCellType: Object.fromEntries(ofCellTypes),
    last: state.lastMetrics,
    checkpoints: [
      'last',
      ...(best === null ? [] : ['best']),
      ...ofCellTypes.map(([cellType]) => bestOf(cellType)),
    ],
  }
}
