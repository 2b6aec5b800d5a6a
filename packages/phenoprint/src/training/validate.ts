import { PredictionError } from '../errors.js'
import { type MetricsByCellType, metricsByCellType } from '../evaluation/metrics.js'
import type { CellTypeInput } from '../models/cell-type-input.js'
import type { Network } from '../models/network.js'
import { predictUnits } from '../prediction/predict-units.js'
import type { ViewLoader } from '../prediction/predict-views.js'
import type { Store } from '../store/store.js'
import { cellTypesOf } from './cell-types.js'
import { diverged } from './diverged.js'
import type { StepSettings } from './step.js'

/** On what, and how. */
export interface Validation extends Pick<StepSettings, 'device' | 'precision' | 'microBatch'> {
  readonly store: Store
  /** What the network takes beside images. */
  readonly cellTypes: CellTypeInput | null
  /** Indices into the screen's units, all labelled. */
  readonly units: readonly number[]
  /** The folder of the training, for messages. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * Metrics on the validation units: every tile of every site as it is, logits averaged per unit
 * before the loss.
 *
 * @returns Null without validation units.
 * @throws {DivergedError} when a logit is not finite.
 */
export async function validate(
  network: Network,
  loader: ViewLoader,
  { store, cellTypes, units, device, precision, microBatch, folder, signal }: Validation,
): Promise<MetricsByCellType | null> {
  if (units.length === 0) return null
  const { screen, tilesPerSite } = store
  using compiled = network.compileForInference(precision)
  try {
    const logits = await predictUnits(compiled, loader, screen, units, {
      device,
      cellTypes,
      batchSize: microBatch,
      signal,
      tilesPerSite,
      classes: screen.classes,
      symmetries: ['identity'],
      reduce: 'logitMean',
    })
    const labels = Int32Array.from(units, (unit) => screen.units[unit]?.label ?? -1)
    return metricsByCellType(logits, labels, cellTypesOf(screen, units))
  } catch (cause) {
    if (!(cause instanceof PredictionError)) throw cause
    throw diverged('logits of validation units are not finite', folder, cause)
  }
}
