import { ConfigError } from '../errors.js'
import { matrix } from '../evaluation/matrix.js'
import { argmax, logSumExp } from '../evaluation/softmax.js'
import { assignClasses } from './assign-classes.js'
import { rotated } from './plate-orders.js'

/** The group of a plate, and the probability that it is right. */
export interface GroupChoice {
  readonly group: number
  /** 0 to 1. Where plates are chosen together, that all of the experiment's are right. */
  readonly confidence: number
}

/** More arrangements than this are not counted. */
const mostStates = 2 ** 20

/**
 * The best group of each plate by itself: two plates of an experiment may get the same one.
 *
 * @param scores `[plate][group]`, as `groupScores` gives them.
 */
export function chooseIndependently(scores: readonly Float64Array[]): GroupChoice[] {
  return scores.map((ofPlate) => {
    const group = argmax(ofPlate)
    return { group, confidence: Math.exp((ofPlate[group] ?? 0) - logSumExp(ofPlate)) }
  })
}

/**
 * The best arrangement of groups over the plates of an experiment, where each group lies on as many
 * plates as another (or on one fewer, where the numbers do not divide).
 *
 * @param scores `[plate][group]`
 * @throws {ConfigError} when there are too many arrangements to say how likely the best one is.
 */
export function choosePermutation(scores: readonly Float64Array[]): GroupChoice[] {
  const groups = scores[0]?.length ?? 0
  const copies = Math.ceil(scores.length / groups)
  const columns = groups * copies
  const data = new Float64Array(scores.length * columns)
  scores.forEach((ofPlate, plate) => {
    for (let c = 0; c < columns; c++) data[plate * columns + c] = ofPlate[c % groups] ?? 0
  })
  const chosen = assignClasses(matrix(data, scores.length, columns))
  const best = Array.from(chosen, (column) => column % groups)
  return together(best, scores, logSumOfArrangements(scores, copies))
}

/**
 * The best rotation of a known order over the plates of an experiment.
 *
 * @param scores `[plate][group]`
 * @param places `[plate]`: where each plate stands in the experiment.
 * @param base `[place]`: group index, the known order.
 */
export function chooseRotation(
  scores: readonly Float64Array[],
  places: readonly number[],
  base: readonly number[],
): GroupChoice[] {
  const orders = new Map<string, number[]>()
  for (let rotation = 0; rotation < base.length; rotation++) {
    const turned = rotated(base, rotation)
    const order = places.map((place) => turned[place] ?? -1)
    orders.set(order.join(), order)
  }
  const candidates = [...orders.values()]
  const totals = Float64Array.from(candidates, (order) => totalOf(order, scores))
  return together(candidates[argmax(totals)] ?? [], scores, logSumExp(totals))
}

function together(
  best: readonly number[],
  scores: readonly Float64Array[],
  logSum: number,
): GroupChoice[] {
  const confidence = Math.min(1, Math.exp(totalOf(best, scores) - logSum))
  return best.map((group) => ({ group, confidence }))
}

function totalOf(order: readonly number[], scores: readonly Float64Array[]): number {
  return order.reduce((sum, group, plate) => sum + (scores[plate]?.[group] ?? 0), 0)
}

/**
 * Logarithm of the sum, over all arrangements with each group on at most `copies` plates, of the
 * exponential of their total: plate by plate, over how often each group was used.
 */
function logSumOfArrangements(scores: readonly Float64Array[], copies: number): number {
  const groups = scores[0]?.length ?? 0
  const states = (copies + 1) ** groups
  if (states > mostStates) {
    throw new ConfigError(
      `assignment.groups.order: permutation: ${groups} groups over ${scores.length} plates of an experiment can be arranged in too many ways to weigh. Use rotation or independent.`,
    )
  }
  let sums = new Float64Array(states).fill(Number.NEGATIVE_INFINITY)
  sums[0] = 0
  for (const ofPlate of scores) {
    const next = new Float64Array(states).fill(Number.NEGATIVE_INFINITY)
    for (let state = 0; state < states; state++) {
      const sum = sums[state] ?? 0
      if (sum === Number.NEGATIVE_INFINITY) continue
      for (let group = 0, unit = 1; group < groups; group++, unit *= copies + 1) {
        if (Math.floor(state / unit) % (copies + 1) === copies) continue
        const to = state + unit
        next[to] = logSumExp(Float64Array.of(next[to] ?? 0, sum + (ofPlate[group] ?? 0)))
      }
    }
    sums = next
  }
  return logSumExp(sums)
}
