import { z } from 'zod'
import type { MetricsByCellType } from '../evaluation/metrics.js'
import { metricsByCellTypeSchema, metricsSchema } from '../evaluation/metrics-schema.js'
import { type EpochVerdict, noProgress } from './early-stopping.js'

const progressSchema = z.object({
  bestEpoch: z.int(),
  bestLoss: z.number(),
  countedEpoch: z.int(),
  countedLoss: z.number(),
})

export const trainingStateSchema = z.object({
  /** The epoch that runs, from 1; after the last one, one more than there were. */
  epoch: z.int().positive(),
  /** Steps of it that are done. */
  step: z.int().nonnegative(),
  /** Over those steps: the sum of each sample's loss, the samples, and the time they took. */
  lossSum: z.number(),
  samples: z.int().nonnegative(),
  seconds: z.number().nonnegative(),
  /** Of the latest steps, across epochs: what {@link LossWatch} judges. */
  recentLosses: z.array(z.number()).default([]),
  /** Whether early stopping has ended it. */
  stopped: z.boolean(),
  stopping: z.object({
    overall: progressSchema.nullable(),
    byCellType: z.record(z.string(), progressSchema),
  }),
  /** Validation of the best epochs, overall and of each cell type. */
  bestMetrics: z.object({
    overall: metricsByCellTypeSchema.nullable(),
    byCellType: z.record(z.string(), metricsSchema),
  }),
  /** Of the last whole epoch. */
  lastLoss: z.number().nullable(),
  lastMetrics: metricsByCellTypeSchema.nullable(),
  /** Bytes of `events.jsonl` up to here. */
  events: z.int().nonnegative(),
})

/** Where training is, beside the tensors. */
export type TrainingState = z.output<typeof trainingStateSchema>

export const firstState: TrainingState = {
  epoch: 1,
  step: 0,
  lossSum: 0,
  samples: 0,
  seconds: 0,
  recentLosses: [],
  stopped: false,
  stopping: noProgress,
  bestMetrics: { overall: null, byCellType: {} },
  lastLoss: null,
  lastMetrics: null,
  events: 0,
}

/**
 * The state at the start of the next epoch.
 *
 * @param verdict Null without validation.
 */
export function afterEpoch(
  state: TrainingState,
  validation: MetricsByCellType | null,
  verdict: EpochVerdict | null,
): TrainingState {
  const best = { ...state.bestMetrics.byCellType }
  for (const cellType of verdict?.bestCellTypes ?? []) {
    const metrics = validation?.byCellType[cellType]
    if (metrics !== undefined) best[cellType] = metrics
  }
  return {
    epoch: state.epoch + 1,
    step: 0,
    lossSum: 0,
    samples: 0,
    seconds: 0,
    recentLosses: state.recentLosses,
    stopped: verdict?.stop ?? false,
    stopping: verdict?.state ?? state.stopping,
    bestMetrics: {
      overall: verdict?.bestOverall ? validation : state.bestMetrics.overall,
      byCellType: best,
    },
    lastLoss: state.lossSum / state.samples,
    lastMetrics: validation,
    events: state.events,
  }
}
