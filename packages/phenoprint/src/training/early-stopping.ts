import type { Section } from '../config/config.js'
import type { MetricsByCellType } from '../evaluation/metrics.js'

type Rule = NonNullable<Section<'training'>['earlyStopping']>

/** How far a validation loss has come. */
export interface LossProgress {
  /** The epoch with the lowest loss. */
  readonly bestEpoch: number
  readonly bestLoss: number
  /** The latest epoch that was lower than the one counted before it by at least `minDelta`. */
  readonly countedEpoch: number
  readonly countedLoss: number
}

/** Over all validation units, and over those of each cell type. */
export interface StoppingState {
  readonly overall: LossProgress | null
  readonly byCellType: Readonly<Record<string, LossProgress>>
}

export const noProgress: StoppingState = { overall: null, byCellType: {} }

/** What an epoch's validation means. */
export interface EpochVerdict {
  readonly state: StoppingState
  /** Whether this epoch is the best so far, over all units. */
  readonly bestOverall: boolean
  /** The cell types of which this epoch is the best so far. */
  readonly bestCellTypes: readonly string[]
  /** Neither overall nor any cell type has improved by `minDelta` for `patience` epochs. */
  readonly stop: boolean
}

/**
 * Judges an epoch by its validation loss per unit. The best epoch is the one of lowest loss; only
 * for stopping does an improvement have to reach `minDelta`, measured from the last one that did, so
 * that many small ones count once they add up. Cell types without labelled units take no part.
 *
 * @param epoch From 1.
 * @param rule Without it, training never stops early.
 */
export function judgeEpoch(
  state: StoppingState,
  epoch: number,
  validation: MetricsByCellType,
  rule?: Rule,
): EpochVerdict {
  const minDelta = rule?.minDelta ?? 0
  const overall = advance(state.overall, epoch, validation.overall.loss, minDelta)
  const byCellType: Record<string, LossProgress> = {}
  for (const [cellType, { loss }] of Object.entries(validation.byCellType)) {
    const progress = advance(state.byCellType[cellType] ?? null, epoch, loss, minDelta)
    if (progress !== null) byCellType[cellType] = progress
  }
  const progresses = [...(overall === null ? [] : [overall]), ...Object.values(byCellType)]
  const latest = Math.max(0, ...progresses.map((progress) => progress.countedEpoch))
  return {
    state: { overall, byCellType },
    bestOverall: overall?.bestEpoch === epoch,
    bestCellTypes: Object.entries(byCellType)
      .filter(([, progress]) => progress.bestEpoch === epoch)
      .map(([cellType]) => cellType),
    stop: rule !== undefined && epoch - latest >= rule.patience,
  }
}

function advance(
  before: LossProgress | null,
  epoch: number,
  loss: number,
  minDelta: number,
): LossProgress | null {
  if (!Number.isFinite(loss)) return before
  if (before === null) {
    return { bestEpoch: epoch, bestLoss: loss, countedEpoch: epoch, countedLoss: loss }
  }
  const best = loss < before.bestLoss ? { bestEpoch: epoch, bestLoss: loss } : null
  const drop = before.countedLoss - loss
  const counted = drop > 0 && drop >= minDelta ? { countedEpoch: epoch, countedLoss: loss } : null
  return { ...before, ...best, ...counted }
}
