import type { Matrix } from '../evaluation/matrix.js'
import {
  type Aim,
  addTo,
  type Candidates,
  isBetter,
  type MixtureScore,
  scoreMixture,
  scoreSum,
  weightedSum,
} from './mixture.js'

const smallestStep = 1 / 256

interface Move {
  readonly from: number
  readonly to: number
  readonly by: number
  readonly score: MixtureScore
}

/**
 * Weights that sum to 1, by pattern search on their simplex: from equal weights, weight is moved from
 * one member to another, always by the best such move, and by half as much when none helps. For
 * `logitMean` and `probabilityMean` the loss is convex in the weights, so the search ends near the least
 * loss, within steps of 1/256; of the accuracy it finds a good place near equal weights.
 *
 * @returns `[member]`
 * @see Torczon 1997, On the convergence of pattern search algorithms, SIAM J. Optim. 7:1.
 */
export function simplexSearch(of: Candidates, aim: Aim): Float64Array {
  const count = of.terms.length
  const weights = new Float64Array(count).fill(1 / count)
  let best = scoreMixture(of, weights)
  for (let step = 0.5; step >= smallestStep; ) {
    const move = bestMove(of, weights, { step, best, aim })
    if (move === null) {
      step /= 2
      continue
    }
    weights[move.from] = (weights[move.from] ?? 0) - move.by
    weights[move.to] = (weights[move.to] ?? 0) + move.by
    best = move.score
  }
  return weights
}

/**
 * Weights by forward selection with replacement: from none, the member that helps the mixture most is
 * added again and again; the best mixture on the way is taken, and a member weighs as often as it was
 * added. Few members of many stay, and none is below 0.
 *
 * @param rounds How many additions are tried.
 * @returns `[member]`, with a sum of 1.
 * @see Caruana et al. 2004, Ensemble selection from libraries of models (ICML).
 */
export function forwardSelection(of: Candidates, aim: Aim, rounds: number): Float64Array {
  const counts = new Float64Array(of.terms.length)
  const sum = weightedSum(of, counts)
  let best: { readonly score: MixtureScore; readonly weights: Float64Array } | null = null
  for (let size = 1; size <= rounds; size++) {
    let added: { readonly member: number; readonly score: MixtureScore } | null = null
    for (const [member, term] of of.terms.entries()) {
      const score = scoreSum(of, sumOf(sum, [[term, 1]]), size)
      if (added === null || isBetter(score, added.score, aim)) added = { member, score }
    }
    if (added === null) break
    const term = of.terms[added.member]
    if (term !== undefined) addTo(sum, term, 1)
    counts[added.member] = (counts[added.member] ?? 0) + 1
    if (best === null || isBetter(added.score, best.score, aim)) {
      best = { score: added.score, weights: counts.map((each) => each / size) }
    }
  }
  return best?.weights ?? counts.fill(1 / counts.length)
}

function bestMove(
  of: Candidates,
  weights: Float64Array,
  { step, best, aim }: { step: number; best: MixtureScore; aim: Aim },
): Move | null {
  const sum = weightedSum(of, weights)
  let found: Move | null = null
  for (const [from, source] of of.terms.entries()) {
    const by = Math.min(step, weights[from] ?? 0)
    if (by < 1e-9) continue
    for (const [to, target] of of.terms.entries()) {
      if (to === from) continue
      const score = scoreSum(
        of,
        sumOf(sum, [
          [source, -by],
          [target, by],
        ]),
        1,
      )
      if (isBetter(score, found?.score ?? best, aim)) found = { from, to, by, score }
    }
  }
  return found
}

function sumOf(sum: Matrix, terms: readonly (readonly [Matrix, number])[]): Matrix {
  const copy = { ...sum, data: sum.data.slice() }
  for (const [term, weight] of terms) addTo(copy, term, weight)
  return copy
}
