import type { Matrix } from '../evaluation/matrix.js'
import {
  type Aim,
  addTo,
  type Candidates,
  isBetter,
  isSum,
  type MixtureScore,
  scaled,
  scoreMixture,
  scoreRows,
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
 * loss, within steps of 1/256; of the accuracy, and with medians, it finds a good place near equal
 * weights. Medians are taken anew for every move, which takes long with many units and members.
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
  const sum = isSum(of.reduction) ? weightedSum(of, counts) : null
  let best: { readonly score: MixtureScore; readonly weights: Float64Array } | null = null
  for (let size = 1; size <= rounds; size++) {
    let added: { readonly member: number; readonly score: MixtureScore } | null = null
    for (const member of of.terms.keys()) {
      const score = scoreChanged(of, { weights: counts, sum }, [[member, 1]])
      if (added === null || isBetter(score, added.score, aim)) added = { member, score }
    }
    if (added === null) break
    const term = of.terms[added.member]
    if (sum !== null && term !== undefined) addTo(sum, term, 1)
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
  const sum = isSum(of.reduction) ? weightedSum(of, weights) : null
  let found: Move | null = null
  for (const from of of.terms.keys()) {
    const by = Math.min(step, weights[from] ?? 0)
    if (by < 1e-9) continue
    for (const to of of.terms.keys()) {
      if (to === from) continue
      const score = scoreChanged(of, { weights, sum }, [
        [from, -by],
        [to, by],
      ])
      if (isBetter(score, found?.score ?? best, aim)) found = { from, to, by, score }
    }
  }
  return found
}

/** Weights, and the sum of the terms under them where the reduction is one. */
interface Mixture {
  readonly weights: Float64Array
  readonly sum: Matrix | null
}

/** The score with some members' weights changed by so much. */
function scoreChanged(
  of: Candidates,
  { weights, sum }: Mixture,
  changes: readonly (readonly [member: number, by: number])[],
): MixtureScore {
  const changed = weights.slice()
  for (const [member, by] of changes) changed[member] = (changed[member] ?? 0) + by
  if (sum === null) return scoreMixture(of, changed)
  const copy = { ...sum, data: sum.data.slice() }
  for (const [member, by] of changes) {
    const term = of.terms[member]
    if (term !== undefined) addTo(copy, term, by)
  }
  const total = changed.reduce((all, weight) => all + weight, 0)
  return scoreRows(of, scaled(copy, total))
}
