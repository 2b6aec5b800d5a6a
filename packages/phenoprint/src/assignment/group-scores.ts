import type { Matrix } from '../evaluation/matrix.js'
import { row } from '../evaluation/matrix.js'
import type { PlateGroups } from '../screen/plate-groups.js'

/**
 * How a plate's predictions speak for each group.
 *
 * - `likelihood`: the sum over wells of the logarithm of the probability that the well is of the
 *   group. With classes equally likely beforehand, that is the mean probability of the group's
 *   classes, scaled to sum to 1 over the groups.
 * - `votes`: each well votes for the group of its most likely class (the reference's rule). A vote
 *   names the right group with probability q and each other with (1-q)/(G-1), so each adds
 *   ln(q(G-1)/(1-q)); q is the share of the commonest vote, (n+1)/(wells+2), but at least 1/G.
 */
export type GroupScore = 'likelihood' | 'votes'

/** Share of the probability that is spread over all groups, so that no single well decides. */
const doubt = 0.01

/**
 * Scores of one plate, natural logarithms up to a common number: their softmax is the probability of
 * each group when all are equally likely beforehand. Classes of no group count nowhere.
 *
 * @param logits `[well, class]`, treated wells alone.
 * @param temperature The logits are divided by it.
 * @returns `[group]`
 */
export function groupScores(
  logits: Matrix,
  groups: PlateGroups,
  kind: GroupScore,
  temperature: number,
): Float64Array {
  const count = groups.classes.length
  return kind === 'votes'
    ? voteScores(logits, groups, count)
    : likelihoods(logits, groups, count, temperature)
}

function likelihoods(
  logits: Matrix,
  { classes, groupOf }: PlateGroups,
  count: number,
  temperature: number,
): Float64Array {
  const scores = new Float64Array(count)
  const shares = new Float64Array(count)
  for (let well = 0; well < logits.rows; well++) {
    const values = row(logits, well)
    let largest = Number.NEGATIVE_INFINITY
    for (let c = 0; c < groupOf.length; c++) {
      const value = values[c] ?? 0
      if ((groupOf[c] ?? -1) >= 0 && value > largest) largest = value
    }
    if (largest === Number.NEGATIVE_INFINITY) continue
    shares.fill(0)
    for (let c = 0; c < groupOf.length; c++) {
      const group = groupOf[c] ?? -1
      if (group < 0) continue
      const mass = Math.exp(((values[c] ?? 0) - largest) / temperature)
      shares[group] = (shares[group] ?? 0) + mass / (classes[group]?.length ?? 1)
    }
    let sum = 0
    for (const share of shares) sum += share
    for (let group = 0; group < count; group++) {
      const share = ((1 - doubt) * (shares[group] ?? 0)) / sum + doubt / count
      scores[group] = (scores[group] ?? 0) + Math.log(share)
    }
  }
  return scores
}

function voteScores(logits: Matrix, { groupOf }: PlateGroups, count: number): Float64Array {
  const votes = new Float64Array(count)
  for (let well = 0; well < logits.rows; well++) {
    const values = row(logits, well)
    let best = -1
    for (let c = 0; c < groupOf.length; c++) {
      if ((groupOf[c] ?? -1) < 0) continue
      if (best < 0 || (values[c] ?? 0) > (values[best] ?? 0)) best = c
    }
    const group = groupOf[best] ?? 0
    votes[group] = (votes[group] ?? 0) + 1
  }
  const right = Math.max(1 / count, (Math.max(...votes) + 1) / (logits.rows + 2))
  const weight = count === 1 ? 0 : Math.log((right * (count - 1)) / (1 - right))
  return votes.map((n) => n * weight)
}
