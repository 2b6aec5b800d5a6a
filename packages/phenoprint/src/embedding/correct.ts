import { PredictionError } from '../errors.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'

/** Where an embedding is from, for its correction. */
export interface Place {
  readonly cellType: string
  readonly experiment: string
  readonly plate: string
}

/**
 * Each row less the mean of the reference rows of its plate.
 *
 * @param embeddings `[well, feature]`.
 * @param isReference `[well]`: the controls.
 * @throws {PredictionError} naming a plate without a reference.
 */
export function centre(
  embeddings: Matrix,
  places: readonly Place[],
  isReference: readonly boolean[],
): Matrix {
  const { rows, columns } = embeddings
  const data = new Float32Array(rows * columns)
  for (const members of groupsOf(places, ({ experiment, plate }) =>
    JSON.stringify([experiment, plate]),
  )) {
    const reference = members.filter((well) => isReference[well])
    if (reference.length === 0) {
      const { experiment, plate } = places[members[0] ?? 0] ?? { experiment: '', plate: '' }
      throw new PredictionError(
        `embed: plate ${plate} of ${experiment} has none of the wells that embed.reference asks for. Set it to controls or all, or embed.correct to none.`,
      )
    }
    const mean = meanRow(embeddings, reference)
    for (const well of members) {
      row(embeddings, well).forEach((value, c) => {
        data[well * columns + c] = value - (mean[c] ?? 0)
      })
    }
  }
  return matrix(data, rows, columns)
}

/**
 * Whitens rows by the covariance of the reference rows of their cell type, as typical variation
 * normalisation does: directions in which controls vary much count less. The rows are multiplied by the
 * inverse of the covariance's Cholesky factor; that is whitening by principal components but for a
 * rotation, so every length and angle is the same.
 *
 * @param centred `[well, feature]`, plates centred on their references.
 * @param ridge Added to every variance, as a share of the mean variance: with fewer references than
 *   features the covariance has no inverse without it.
 * @throws {PredictionError} naming a cell type with fewer than two references, or without variance.
 * @see Ando, McLean & Berndl 2017, Improving phenotypic measurements in high-content imaging screens, bioRxiv 161422.
 */
export function whiten(
  centred: Matrix,
  places: readonly Place[],
  isReference: readonly boolean[],
  ridge: number,
): Matrix {
  const { rows, columns } = centred
  const data = new Float32Array(rows * columns)
  for (const members of groupsOf(places, ({ cellType }) => cellType)) {
    const reference = members.filter((well) => isReference[well])
    const covariance = covarianceOf(centred, reference)
    const total = trace(covariance, columns)
    if (reference.length < 2 || !(total > 0)) {
      throw new PredictionError(
        `embed: ${reference.length} reference wells of cell type ${places[members[0] ?? 0]?.cellType} do not vary, expected two or more that do. Set embed.reference to controls or all, or embed.correct to centre.`,
      )
    }
    const factor = widenedFactor(covariance, columns, ridge)
    for (const well of members) {
      data.set(solveLower(factor, row(centred, well)), well * columns)
    }
  }
  return matrix(data, rows, columns)
}

/**
 * The Cholesky factor of a covariance, each variance widened by a share of the mean variance.
 *
 * @throws {PredictionError} when it still has no inverse.
 */
export function widenedFactor(covariance: Float64Array, size: number, ridge: number): Float64Array {
  const wider = covariance.slice()
  const added = (ridge * trace(covariance, size)) / size
  for (let i = 0; i < size; i++) wider[i * size + i] = (wider[i * size + i] ?? 0) + added
  return cholesky(wider, size)
}

function trace(values: Float64Array, size: number): number {
  let total = 0
  for (let i = 0; i < size; i++) total += values[i * size + i] ?? 0
  return total
}

/**
 * The lower factor L of a symmetric positive definite matrix, L Lᵀ.
 *
 * @param values `[size, size]`, row by row.
 * @throws {PredictionError} when it is not positive definite.
 */
export function cholesky(values: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = values[i * size + j] ?? 0
      for (let k = 0; k < j; k++) sum -= (factor[i * size + k] ?? 0) * (factor[j * size + k] ?? 0)
      if (i !== j) {
        factor[i * size + j] = sum / (factor[j * size + j] ?? 0)
      } else if (sum > 0) {
        factor[i * size + i] = Math.sqrt(sum)
      } else {
        throw new PredictionError(
          'embed: the covariance of the reference wells has no inverse. Set embed.ridge to more than 0.',
        )
      }
    }
  }
  return factor
}

/** The x of L x = b. */
export function solveLower(factor: Float64Array, b: Float32Array | Float64Array): Float64Array {
  const size = b.length
  const x = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    let sum = b[i] ?? 0
    for (let k = 0; k < i; k++) sum -= (factor[i * size + k] ?? 0) * (x[k] ?? 0)
    x[i] = sum / (factor[i * size + i] ?? 0)
  }
  return x
}

/** `[feature, feature]`, with n - 1 below. */
export function covarianceOf(of: Matrix, wells: readonly number[]): Float64Array {
  const size = of.columns
  const mean = meanRow(of, wells)
  const covariance = new Float64Array(size * size)
  const difference = new Float64Array(size)
  for (const well of wells) {
    row(of, well).forEach((value, c) => {
      difference[c] = value - (mean[c] ?? 0)
    })
    for (let i = 0; i < size; i++) {
      const own = (difference[i] ?? 0) / (wells.length - 1)
      for (let j = 0; j <= i; j++) {
        covariance[i * size + j] = (covariance[i * size + j] ?? 0) + own * (difference[j] ?? 0)
      }
    }
  }
  for (let i = 0; i < size; i++) {
    for (let j = i + 1; j < size; j++) covariance[i * size + j] = covariance[j * size + i] ?? 0
  }
  return covariance
}

function meanRow(of: Matrix, wells: readonly number[]): Float64Array {
  const mean = new Float64Array(of.columns)
  for (const well of wells) {
    row(of, well).forEach((value, c) => {
      mean[c] = (mean[c] ?? 0) + value / wells.length
    })
  }
  return mean
}

function groupsOf(places: readonly Place[], keyOf: (place: Place) => string): number[][] {
  const groups = new Map<string, number[]>()
  places.forEach((place, i) => {
    const key = keyOf(place)
    const group = groups.get(key) ?? []
    group.push(i)
    groups.set(key, group)
  })
  return [...groups.values()]
}
