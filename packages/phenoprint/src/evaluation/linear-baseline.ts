import type { Moments } from '@phenoprint/pixels'
import { type Matrix, matrix } from './matrix.js'
import { fitSoftmaxRegression, linearLogits } from './softmax-regression.js'

/** What the model looks at of a screen; a `Screen` is one. */
export interface MeasuredScreen {
  readonly channels: readonly unknown[]
  readonly classes: number
  readonly units: readonly {
    readonly role: string
    readonly label: number | null
    /** Indices of its sites. */
    readonly sites: readonly number[]
  }[]
  /** Indices of the units of each plate. */
  readonly plates: readonly { readonly units: readonly number[] }[]
}

/**
 * What can be told without looking at shapes: a linear model on each unit's per-channel means and
 * standard deviations, both as logarithms, normalised to the negative controls of its plate (or to
 * all of the plate's units where it has none).
 *
 * @param moments Of a site of the screen, by its index; NaN, which counts as 0, where a channel's
 *   image is missing.
 * @param train Unit indices with labels.
 * @param test Unit indices to predict.
 * @returns logits `[test unit, class]`.
 */
export function linearBaseline(
  screen: MeasuredScreen,
  moments: (site: number) => Moments,
  train: readonly number[],
  test: readonly number[],
): Matrix {
  const features = unitFeatures(screen, moments)
  normaliseToControls(screen, features)
  const labels = Int32Array.from(train, (unit) => screen.units[unit]?.label ?? 0)
  const classifier = fitSoftmaxRegression(pick(features, train), labels, screen.classes)
  return linearLogits(classifier, pick(features, test))
}

function unitFeatures(screen: MeasuredScreen, moments: (site: number) => Moments): Float64Array[] {
  const channels = screen.channels.length
  return screen.units.map((unit) => {
    const features = new Float64Array(2 * channels)
    for (const site of unit.sites) {
      const { mean, variance } = moments(site)
      for (let c = 0; c < channels; c++) {
        const share = 1 / unit.sites.length
        features[c] = (features[c] ?? 0) + share * Math.log1p(known(mean[c]))
        const deviation = Math.log1p(Math.sqrt(known(variance[c])))
        features[channels + c] = (features[channels + c] ?? 0) + share * deviation
      }
    }
    return features
  })
}

/** A moment, or 0 where the channel's image is missing. */
function known(moment: number | undefined): number {
  return moment === undefined || Number.isNaN(moment) ? 0 : moment
}

/** Subtracts the controls' mean of each plate, then scales each feature to variance 1 over the screen. */
function normaliseToControls(screen: MeasuredScreen, features: readonly Float64Array[]): void {
  for (const plate of screen.plates) {
    const controls = plate.units.filter((unit) => screen.units[unit]?.role === 'negativeControl')
    const reference = controls.length > 0 ? controls : plate.units
    const centre = meanOf(reference.flatMap((unit) => features[unit] ?? []))
    for (const unit of plate.units) {
      features[unit]?.forEach((value, i, row) => {
        row[i] = value - (centre[i] ?? 0)
      })
    }
  }
  const width = features[0]?.length ?? 0
  for (let i = 0; i < width; i++) {
    let squares = 0
    for (const row of features) squares += (row[i] ?? 0) ** 2
    const scale = 1 / (Math.sqrt(squares / Math.max(1, features.length)) + 1e-12)
    for (const row of features) row[i] = (row[i] ?? 0) * scale
  }
}

function meanOf(rows: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(rows[0]?.length ?? 0)
  for (const row of rows) {
    row.forEach((value, i) => {
      mean[i] = (mean[i] ?? 0) + value / rows.length
    })
  }
  return mean
}

function pick(features: readonly Float64Array[], units: readonly number[]): Matrix {
  const rows = units.flatMap((unit) => features[unit] ?? [])
  const width = rows[0]?.length ?? 0
  const data = new Float64Array(rows.length * width)
  rows.forEach((row, i) => {
    data.set(row, i * width)
  })
  return matrix(data, rows.length, width)
}
