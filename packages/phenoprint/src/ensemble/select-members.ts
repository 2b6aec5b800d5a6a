import type { Reduction, Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Matrix } from '../evaluation/matrix.js'
import type { Member } from './members.js'
import {
  type Candidates,
  candidates,
  isBetter,
  type MixtureScore,
  scoreMixture,
  unitsOf,
} from './mixture.js'
import { forwardSelection, simplexSearch } from './weight-search.js'

export type Selection = NonNullable<Section<'ensemble'>['select']>

/** Labelled units that no member trained on, and what each member gives them. */
export interface ComparableUnits {
  /** `[unit]` */
  readonly experiments: readonly string[]
  /** `[unit]` */
  readonly labels: Int32Array
  /** `[member]`, each `[unit, class]`. */
  readonly logits: readonly Matrix[]
}

/** A member by itself, and what became of it. */
export interface JudgedMember extends MixtureScore {
  readonly run: string
  /** 0 for a member that was left out. */
  readonly weight: number
}

/** Which members were taken for a cell type, and why. */
export interface SelectedMembers {
  readonly members: readonly JudgedMember[]
  /** The members that were taken, with the weights of the configuration. */
  readonly given: MixtureScore
  /** The same members with the weights found, on the units that they were found on. */
  readonly chosen: MixtureScore
  /** Both on units of experiments that weights were not found on, averaged over folds; null without folds. */
  readonly heldOut: { readonly given: MixtureScore; readonly chosen: MixtureScore } | null
}

/**
 * The best members for a cell type and their weights. With folds, weights are found once for each fold
 * of experiments without it and averaged, which steadies them, and judged on the fold.
 *
 * @throws {ConfigError} when there are fewer experiments than folds.
 */
export function selectMembers(
  { labels, logits, experiments }: ComparableUnits,
  list: readonly Member[],
  { topModels, weights: method, by, rounds, folds }: Selection,
  reduction: Reduction,
): SelectedMembers {
  const all = candidates(logits, labels, reduction)
  const alone = list.map((_, i) => scoreMixture({ ...all, terms: all.terms.slice(i, i + 1) }, [1]))
  const order = [...list.keys()].sort((a, b) => compareScores(alone[a], alone[b], by) || a - b)
  const kept = order.slice(0, topModels).sort((a, b) => a - b)
  const of: Candidates = { ...all, terms: all.terms.filter((_, i) => kept.includes(i)) }
  const given = kept.map((i) => list[i]?.weight ?? 1)
  const find = (units: Candidates): ArrayLike<number> => {
    if (method === 'given') return given
    return method === 'simplex' ? simplexSearch(units, by) : forwardSelection(units, by, rounds)
  }
  const { weights, heldOut } =
    folds > 1
      ? overFolds(of, foldsOf(experiments, folds), given, find)
      : { weights: find(of), heldOut: null }
  return {
    members: list.map(({ run }, i) => ({
      run,
      ...(alone[i] ?? { loss: Number.NaN, accuracy: Number.NaN }),
      weight: kept.includes(i) ? (weights[kept.indexOf(i)] ?? 0) : 0,
    })),
    given: scoreMixture(of, given),
    chosen: scoreMixture(of, weights),
    heldOut,
  }
}

function overFolds(
  of: Candidates,
  folds: readonly number[][],
  given: readonly number[],
  find: (units: Candidates) => ArrayLike<number>,
) {
  const weights = new Float64Array(of.terms.length)
  const scores = folds.map((fold) => {
    const own = new Set(fold)
    const others = [...of.labels.keys()].filter((unit) => !own.has(unit))
    const found = find(unitsOf(of, others))
    for (let i = 0; i < weights.length; i++) {
      weights[i] = (weights[i] ?? 0) + (found[i] ?? 0) / folds.length
    }
    const held = unitsOf(of, fold)
    const share = fold.length / of.labels.length
    return { share, given: scoreMixture(held, given), chosen: scoreMixture(held, found) }
  })
  const mean = (which: 'given' | 'chosen'): MixtureScore => ({
    loss: scores.reduce((sum, score) => sum + score.share * score[which].loss, 0),
    accuracy: scores.reduce((sum, score) => sum + score.share * score[which].accuracy, 0),
  })
  return { weights, heldOut: { given: mean('given'), chosen: mean('chosen') } }
}

/** Units of each fold; whole experiments go to folds in turn. */
function foldsOf(experiments: readonly string[], folds: number): number[][] {
  const names = [...new Set(experiments)].sort()
  if (names.length < folds) {
    throw new ConfigError(
      `ensemble.select.folds: got ${folds}, but the units that weights are found on are of ${names.length} experiments (${names.join(', ')}). Name fewer folds.`,
    )
  }
  return Array.from({ length: folds }, (_, fold) =>
    [...experiments.keys()].filter(
      (unit) => names.indexOf(experiments[unit] ?? '') % folds === fold,
    ),
  )
}

function compareScores(
  a: MixtureScore | undefined,
  b: MixtureScore | undefined,
  aim: Selection['by'],
): number {
  if (a === undefined || b === undefined) return 0
  if (isBetter(a, b, aim)) return -1
  return isBetter(b, a, aim) ? 1 : 0
}
