import { PredictionError } from '../errors.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { type MetricsByCellType, metricsByCellType } from '../evaluation/metrics.js'
import type { CellTypeInput } from '../models/cell-type-input.js'
import { keepBuffers } from '../models/keep-buffers.js'
import type { Network } from '../models/network.js'
import {
  type Adaptation,
  AdaptedNetwork,
  type ControlledLoader,
} from '../prediction/adapted-network.js'
import { predictUnits, type UnitOptions } from '../prediction/predict-units.js'
import type { Ranks } from '../ranks/ranks.js'
import type { Plate, Screen } from '../screen/screen.js'
import type { Store } from '../store/store.js'
import { cellTypesOf } from './cell-types.js'
import { diverged } from './diverged.js'
import type { StepSettings } from './step.js'

/** On what, and how. */
export interface Validation extends Pick<StepSettings, 'device' | 'precision' | 'microBatch'> {
  readonly store: Store
  /** Where batch norm's statistics come from. */
  readonly batchNorm: Adaptation
  /** Which views are drawn together, where they are those of batches. */
  readonly seed: number
  /** What the network takes beside images. */
  readonly cellTypes: CellTypeInput | null
  /** Indices into the screen's units, all labelled. */
  readonly units: readonly number[]
  /** The folder of the training, for messages. */
  readonly folder: string
  readonly signal: AbortSignal
  /** Each predicts a part of the units. */
  readonly ranks: Ranks
}

/**
 * Metrics on the validation units: every tile of every site as it is, logits averaged per unit
 * before the loss. Ranks predict a part each, and all have the metrics of the whole.
 *
 * @returns Null without validation units.
 * @throws {DivergedError} when a logit is not finite.
 */
export async function validate(
  network: Network,
  loader: ControlledLoader,
  { store, units, folder, ...how }: Validation,
): Promise<MetricsByCellType | null> {
  if (units.length === 0) return null
  const { screen, tilesPerSite } = store
  const { device, cellTypes, microBatch, signal } = how
  const options: UnitOptions = {
    ...{ device, cellTypes, signal, tilesPerSite },
    batchSize: microBatch,
    classes: screen.classes,
    symmetries: ['identity'],
    reduce: 'logitMean',
  }
  try {
    const own =
      how.batchNorm.statistics === 'running'
        ? await predictCompiled(network, loader, screen, units, options, how)
        : await predictAdapted(network, loader, screen, units, options, how)
    const logits = how.ranks.joinRows(own)
    const labels = Int32Array.from(units, (unit) => screen.units[unit]?.label ?? -1)
    return metricsByCellType(logits, labels, cellTypesOf(screen, units))
  } catch (cause) {
    if (!(cause instanceof PredictionError)) throw cause
    throw diverged('logits of validation units are not finite, expected numbers', folder, cause)
  }
}

async function predictCompiled(
  network: Network,
  loader: ControlledLoader,
  screen: Screen,
  units: readonly number[],
  options: UnitOptions,
  { precision, ranks }: Pick<Validation, 'precision' | 'ranks'>,
): Promise<Matrix> {
  using compiled = network.compileForInference(precision)
  const rows = ranks.part([...units.keys()])
  const part = rows.map((row) => units[row] ?? -1)
  const { data } = await predictUnits(compiled, loader, screen, part, options)
  if (ranks.isAlone) return matrix(data, units.length, options.classes)
  const all = new Float32Array(units.length * options.classes)
  all.set(data, (rows[0] ?? 0) * options.classes)
  return matrix(all, units.length, options.classes)
}

/** With statistics of what is predicted; afterwards the network's own are as they were. */
async function predictAdapted(
  network: Network,
  loader: ControlledLoader,
  screen: Screen,
  units: readonly number[],
  options: UnitOptions,
  {
    batchNorm: adaptation,
    precision,
    seed,
    ranks,
  }: Pick<Validation, 'batchNorm' | 'precision' | 'seed' | 'ranks'>,
): Promise<Matrix> {
  const data = new Float32Array(units.length * options.classes)
  const rowOf = new Map(units.map((unit, row) => [unit, row]))
  const restore = keepBuffers(network)
  try {
    using adapted = new AdaptedNetwork(network, { adaptation, screen, loader, precision, seed })
    const groups = divisionOf(screen, units, ({ experiment, id }) =>
      adaptation.statistics === 'experiment' ? experiment : id,
    )
    for (const group of ranks.part(groups)) {
      for (const plate of divisionOf(screen, group, ({ id }) => id)) {
        for await (const { unit, logits } of adapted.predict(plate, group, options)) {
          data.set(logits, (rowOf.get(unit) ?? 0) * options.classes)
        }
      }
    }
  } finally {
    restore()
  }
  return matrix(data, units.length, options.classes)
}

/** Units whose plates have the same key, in their order. */
function divisionOf(
  screen: Screen,
  units: readonly number[],
  keyOf: (plate: Plate) => string,
): number[][] {
  const lots = new Map<string, number[]>()
  for (const unit of units) {
    const plate = screen.plates[screen.units[unit]?.plate ?? -1]
    const key = plate === undefined ? '' : keyOf(plate)
    const lot = lots.get(key) ?? []
    lots.set(key, lot)
    lot.push(unit)
  }
  return [...lots.values()]
}
