import { covarianceOf, solveLower, widenedFactor } from '../embedding/correct.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'

/** What is known of an embedded well. */
export interface EmbeddedWell {
  readonly cellType: string
  /** Its class where it may be learned from, else null. */
  readonly label: number | null
}

/** Share of the mean variance that is added to each, as wells are few beside features. */
const ridge = 0.1

/**
 * How near each well lies to the class it is nearest to: the square of its Mahalanobis distance from the
 * mean of the class, below 0, under the covariance of wells within their classes. Cell types are taken by
 * themselves. Of a cell type without wells to learn from it is Infinity: nothing tells that a well is far.
 *
 * @param embeddings `[well, feature]`.
 * @returns `[well]`
 * @see Lee, Lee, Lee & Shin 2018, arXiv:1807.03888.
 */
export function classDistances(embeddings: Matrix, wells: readonly EmbeddedWell[]): Float64Array {
  const nearness = new Float64Array(wells.length).fill(Number.POSITIVE_INFINITY)
  for (const cellType of new Set(wells.map((well) => well.cellType))) {
    const own = [...wells.keys()].filter((i) => wells[i]?.cellType === cellType)
    const centres = centresOf(embeddings, wells, own)
    const known = own.filter((i) => wells[i]?.label !== null)
    if (known.length < centres.size + 2) continue
    const factor = factorWithin(embeddings, wells, known, centres)
    const whitened = [...centres.values()].map((centre) => solveLower(factor, centre))
    for (const i of own) {
      const at = solveLower(factor, row(embeddings, i))
      nearness[i] = -Math.min(...whitened.map((centre) => squaredDistance(at, centre)))
    }
  }
  return nearness
}

function centresOf(
  embeddings: Matrix,
  wells: readonly EmbeddedWell[],
  own: readonly number[],
): Map<number, Float64Array> {
  const members = new Map<number, number[]>()
  for (const i of own) {
    const label = wells[i]?.label ?? null
    if (label !== null) members.set(label, [...(members.get(label) ?? []), i])
  }
  return new Map(
    [...members].map(([label, of]) => {
      const centre = new Float64Array(embeddings.columns)
      for (const i of of) {
        row(embeddings, i).forEach((value, c) => {
          centre[c] = (centre[c] ?? 0) + value / of.length
        })
      }
      return [label, centre]
    }),
  )
}

function factorWithin(
  embeddings: Matrix,
  wells: readonly EmbeddedWell[],
  known: readonly number[],
  centres: ReadonlyMap<number, Float64Array>,
): Float64Array {
  const { columns } = embeddings
  const data = new Float32Array(known.length * columns)
  known.forEach((i, at) => {
    const centre = centres.get(wells[i]?.label ?? -1)
    row(embeddings, i).forEach((value, c) => {
      data[at * columns + c] = value - (centre?.[c] ?? 0)
    })
  })
  const residuals = matrix(data, known.length, columns)
  return widenedFactor(covarianceOf(residuals, [...known.keys()]), columns, ridge)
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let c = 0; c < a.length; c++) sum += ((a[c] ?? 0) - (b[c] ?? 0)) ** 2
  return sum
}
