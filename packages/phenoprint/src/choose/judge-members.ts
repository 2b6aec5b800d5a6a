import type { Section } from '../config/config.js'
import { comparableUnits } from '../ensemble/comparable-units.js'
import type { MemberFiles } from '../ensemble/members.js'
import {
  type Candidates,
  candidates,
  type MixtureScore,
  scoreMixture,
} from '../ensemble/mixture.js'
import type { PairDiversity } from './diversity.js'
import { type SeedFigures, type SeedGroup, seedFigures } from './seed-ensembles.js'
import { front, judgeSubsets, pairs, picks, type Subset } from './subsets.js'

/** A member by itself, and what the average of all loses without it. */
export interface JudgedMember extends MixtureScore {
  readonly run: string
  /** The score of all members less that of all but this one; of the loss, below 0 where it helps. */
  readonly leaveOneOut: MixtureScore
}

/** What is known of the members of one cell type. */
export interface JudgedCellType {
  readonly units: number
  readonly experiments: readonly string[]
  readonly leftOut: number
  readonly members: readonly JudgedMember[]
  readonly pairs: readonly (PairDiversity & { readonly a: string; readonly b: string })[]
  readonly subsets: readonly Subset[]
  readonly front: readonly Subset[]
  readonly best: Subset
  readonly diverse: Subset
  /** Subsets within one standard error of the best. */
  readonly equals: number
  /** Members that differ only in their seed. */
  readonly seedEnsembles: readonly SeedFigures[]
}

/**
 * Judges every subset of the members on the units of a cell type that none of them trained on.
 *
 * @throws {PredictionError} when there is no such unit.
 */
export async function judgeMembers(
  files: MemberFiles,
  cellType: string,
  { members: runs, most, by, diversity, reduce }: Section<'choose'>,
  groups: readonly SeedGroup[],
  advance: () => void,
): Promise<JudgedCellType> {
  const list = runs.map((run) => ({ run, weight: 1 }))
  const found = await comparableUnits(files, list, cellType, (logits) => logits)
  const of = candidates(found.logits, found.labels, reduce)
  const subsets = judgeSubsets(of, {
    most,
    aim: by,
    experiments: found.experiments,
    advance,
  })
  const { best, diverse, equals } = picks(subsets, by, diversity)
  const between = pairs(of)
  return {
    units: found.labels.length,
    experiments: [...new Set(found.experiments)].sort(),
    leftOut: found.leftOut,
    members: judgedMembers(of, runs),
    pairs: runs.flatMap((a, i) =>
      runs.slice(i + 1).flatMap((b, j) => {
        const pair = between[i]?.[i + 1 + j]
        return pair === undefined ? [] : [{ a, b, ...pair }]
      }),
    ),
    subsets,
    front: front(subsets, by, diversity),
    best,
    diverse,
    equals,
    seedEnsembles: groups.map((group) => seedFigures(group, subsets, runs)),
  }
}

function judgedMembers(of: Candidates, runs: readonly string[]): JudgedMember[] {
  const all = scoreMixture(
    of,
    runs.map(() => 1),
  )
  return runs.map((run, own) => {
    const alone = scoreMixture(
      of,
      runs.map((_, i) => (i === own ? 1 : 0)),
    )
    const others = scoreMixture(
      of,
      runs.map((_, i) => (i === own ? 0 : 1)),
    )
    const leaveOneOut = {
      loss: all.loss - others.loss,
      accuracy: all.accuracy - others.accuracy,
    }
    return { run, ...alone, leaveOneOut }
  })
}
