import {
  type Aim,
  addTo,
  type Candidates,
  isSum,
  type MixtureScore,
  mixedRows,
  scaled,
  scoreUnits,
  weightedSum,
} from '../ensemble/mixture.js'
import { ShapeError } from '../errors.js'
import { row } from '../evaluation/matrix.js'
import { argmax } from '../evaluation/softmax.js'
import { meanOverPairs, type PairDiversity, pairDiversity } from './diversity.js'

/** Some members averaged with equal weights: how good, and how different they are. */
export interface Subset extends MixtureScore {
  /** Indices of members, ascending. */
  readonly members: readonly number[]
  /** Of what it is judged by: over units or over experiments, whichever is greater. */
  readonly standardError: number
  /** Means over pairs of members; a single member has 0 and 1. */
  readonly disagreement: number
  readonly yulesQ: number
  /** Mean loss of the members less the loss of their average: what averaging gains. Of means not below 0. */
  readonly ambiguity: number
}

/** What diversity is measured by. */
export type Diversity = 'disagreement' | 'yulesQ' | 'ambiguity'

/** `[member][member]` */
export function pairs(of: Candidates): PairDiversity[][] {
  const calls = of.terms.map((term) =>
    Int32Array.from({ length: term.rows }, (_, unit) => argmax(row(term, unit))),
  )
  return calls.map((a) => calls.map((b) => pairDiversity(a, b, of.labels)))
}

/** How subsets are judged. */
export interface Judging {
  /** Members of a subset at most. */
  readonly most: number
  readonly aim: Aim
  /** `[unit]` */
  readonly experiments: readonly string[]
  /** Called after each subset. */
  readonly advance: () => void
}

/**
 * Every subset of members from one to `most`, averaged with equal weights.
 *
 * The ambiguity is the term by which the loss of an average lies below the mean loss of its members
 * (Krogh & Vedelsby 1995, NIPS 7:231, for squared errors). For `logitMean` it is the mean Kullback-Leibler
 * divergence of the members from their average (Heskes 1998, Neural Computation 10:1425), for
 * `probabilityMean` Jensen's gap at the label; either way never negative. Medians have no such law.
 */
export function judgeSubsets(
  of: Candidates,
  { most, aim, experiments, advance }: Judging,
): Subset[] {
  const between = pairs(of)
  const count = of.terms.length
  const sum = weightedSum(of, new Float64Array(count))
  const chosen = new Set<number>()
  const alone: number[] = []
  const found: Omit<Subset, 'ambiguity'>[] = []
  for (let step = 1; step < 2 ** count; step++) {
    // The next subset in Gray code differs by the member of the step's lowest set bit.
    const member = Math.log2(step & -step)
    const term = of.terms[member]
    const added = !chosen.has(member)
    if (term !== undefined) addTo(sum, term, added ? 1 : -1)
    if (added) chosen.add(member)
    else chosen.delete(member)
    if (chosen.size === 0 || chosen.size > most) continue
    const members = [...chosen].sort((a, b) => a - b)
    const mixed = isSum(of.reduction)
      ? scaled(sum, members.length)
      : mixedRows(
          of,
          Float64Array.from(of.terms, (_, i) => (chosen.has(i) ? 1 : 0)),
        )
    const units = scoreUnits(of, mixed)
    const score = { loss: mean(units.losses), accuracy: mean(units.right) }
    if (members.length === 1) alone[members[0] ?? 0] = score.loss
    found.push({
      members,
      ...score,
      standardError: standardError(aim === 'loss' ? units.losses : units.right, experiments),
      disagreement: meanOverPairs(members, (a, b) => between[a]?.[b]?.disagreement ?? 0, 0),
      yulesQ: meanOverPairs(members, (a, b) => between[a]?.[b]?.yulesQ ?? 0, 1),
    })
    advance()
  }
  return found.map((subset) => ({
    ...subset,
    ambiguity:
      subset.members.reduce((total, i) => total + (alone[i] ?? 0), 0) / subset.members.length -
      subset.loss,
  }))
}

/** How many subsets there are of one to `most` members. */
export function countSubsets(members: number, most: number): number {
  let total = 0
  let choices = 1
  for (let size = 1; size <= Math.min(members, most); size++) {
    choices = (choices * (members - size + 1)) / size
    total += choices
  }
  return total
}

/** Diversity as a number that is greater the more members differ. */
export function diversityOf(subset: Subset, by: Diversity): number {
  return by === 'yulesQ' ? -subset.yulesQ : subset[by]
}

/** The score as a number that is greater the better it is. */
export function scoreOf(subset: Subset, aim: Aim): number {
  return aim === 'loss' ? -subset.loss : subset.accuracy
}

/** Subsets that no other beats in score and diversity at once, the best score first. */
export function front(subsets: readonly Subset[], aim: Aim, by: Diversity): Subset[] {
  const sorted = [...subsets].sort(
    (a, b) => scoreOf(b, aim) - scoreOf(a, aim) || diversityOf(b, by) - diversityOf(a, by),
  )
  let widest = Number.NEGATIVE_INFINITY
  return sorted.filter((subset) => {
    const wider = diversityOf(subset, by) > widest
    if (wider) widest = diversityOf(subset, by)
    return wider
  })
}

/**
 * The two picks: the best score (of equal ones the smaller subset), and the most diverse of those
 * within one standard error of it.
 *
 * @throws {ShapeError} when there is no subset.
 */
export function picks(
  subsets: readonly Subset[],
  aim: Aim,
  by: Diversity,
): { readonly best: Subset; readonly diverse: Subset; readonly equals: number } {
  const [best] = [...subsets].sort(
    (a, b) => scoreOf(b, aim) - scoreOf(a, aim) || a.members.length - b.members.length,
  )
  if (best === undefined) throw new ShapeError('choose: got no subset, expected at least one')
  const bound = scoreOf(best, aim) - best.standardError
  const equal = subsets.filter((subset) => scoreOf(subset, aim) >= bound)
  const [diverse = best] = [...equal].sort(
    (a, b) => diversityOf(b, by) - diversityOf(a, by) || scoreOf(b, aim) - scoreOf(a, aim),
  )
  return { best, diverse, equals: equal.length }
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * The standard error of a mean: over units, or over experiments, whose units err together (Liang & Zeger
 * 1986, Biometrika 73:13), whichever is greater. With one experiment only that over units is known.
 */
export function standardError(values: Float64Array, experiments: readonly string[]): number {
  const centre = mean(values)
  const sums = new Map<string, number>()
  let squares = 0
  values.forEach((value, unit) => {
    squares += (value - centre) ** 2
    const experiment = experiments[unit] ?? ''
    sums.set(experiment, (sums.get(experiment) ?? 0) + value - centre)
  })
  const count = values.length
  const overUnits = Math.sqrt(squares / (count - 1) / count)
  if (sums.size < 2) return overUnits
  const together = [...sums.values()].reduce((total, sum) => total + sum ** 2, 0)
  const overExperiments = Math.sqrt((together * sums.size) / (sums.size - 1)) / count
  return Math.max(overUnits, overExperiments)
}
