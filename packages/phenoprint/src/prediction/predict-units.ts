import { predictionSamples } from '../batches/samples.js'
import type { Reduction, Symmetry } from '../config/config.js'
import { PredictionError } from '../errors.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { createReducer } from '../evaluation/reductions.js'
import type { Screen } from '../screen/screen.js'
import {
  type PredictOptions,
  type Predictor,
  predictViews,
  type View,
  type ViewLoader,
} from './predict-views.js'

export interface UnitOptions extends PredictOptions {
  readonly tilesPerSite: number
  readonly symmetries: readonly Symmetry[]
  readonly reduce: Reduction
  /** Told of every view before it is reduced, in order. */
  readonly onView?: (view: View) => void
}

/** A unit and its logits `[class]`, reduced over its sites, tiles and symmetries. */
export interface UnitLogits {
  /** Index into `Screen.units`. */
  readonly unit: number
  readonly logits: Float64Array
}

/**
 * Logits of units, one after another in the order given; what is held at once is a batch and, for
 * medians, the views of one unit.
 *
 * @param units Indices into `screen.units`, each with at least one site.
 * @throws {PredictionError} when a unit has no site, and as `predictViews`.
 */
export async function* predictEachUnit(
  network: Predictor,
  loader: ViewLoader,
  screen: Screen,
  units: readonly number[],
  options: UnitOptions,
): AsyncGenerator<UnitLogits> {
  const { tilesPerSite, symmetries, classes } = options
  const sites = units.flatMap((unit) => sitesOf(screen, unit))
  const samples = predictionSamples({ sites, tilesPerSite, symmetries })
  const reducer = createReducer(options.reduce, classes)
  let unit = units[0] ?? -1
  for await (const views of predictViews(network, loader, samples, options)) {
    for (const view of views) {
      const owner = screen.sites[view.sample.site]?.unit ?? -1
      if (owner !== unit) {
        yield { unit, logits: reducer.take() }
        unit = owner
      }
      options.onView?.(view)
      reducer.add(view.logits)
    }
  }
  if (reducer.count > 0) yield { unit, logits: reducer.take() }
}

/**
 * The same as one matrix, for validation in training.
 *
 * @returns `[unit, class]`, in the order of `units`.
 */
export async function predictUnits(
  network: Predictor,
  loader: ViewLoader,
  screen: Screen,
  units: readonly number[],
  options: UnitOptions,
): Promise<Matrix> {
  const data = new Float32Array(units.length * options.classes)
  let row = 0
  for await (const { logits } of predictEachUnit(network, loader, screen, units, options)) {
    data.set(logits, row * options.classes)
    row++
  }
  return matrix(data, units.length, options.classes)
}

function sitesOf(screen: Screen, index: number): readonly number[] {
  const unit = screen.units[index]
  if (unit === undefined || unit.sites.length === 0) {
    throw new PredictionError(
      `predict: unit ${unit?.id ?? index} has no site, so nothing to predict from. Leave it out.`,
    )
  }
  return unit.sites
}
