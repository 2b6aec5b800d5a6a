import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type PairDiversity, pairDiversity } from '../../choose/diversity.js'
import type { Section, SplitName } from '../../config/config.js'
import { comparableUnits } from '../../ensemble/comparable-units.js'
import { preparation } from '../../ensemble/member-lists.js'
import { type Member, MemberFiles, memberRuns, membersFor } from '../../ensemble/members.js'
import { candidates, scoreMixture } from '../../ensemble/mixture.js'
import { EarlierRunError, PredictionError } from '../../errors.js'
import { row } from '../../evaluation/matrix.js'
import { argmax } from '../../evaluation/softmax.js'
import { shownSplit } from './called-wells.js'
import type { ReportedRun } from './reported-run.js'

/** A member of an ensemble by itself, and what is left without it. */
export interface JudgedMember {
  readonly run: string
  readonly weight: number
  /** Share of units that it calls right alone. */
  readonly accuracy: number
  /** The same of the ensemble without it; null for the only member. */
  readonly without: number | null
}

/** Members on the labelled units of a cell type that all of them have. */
export interface JudgedCellType {
  readonly cellType: string
  readonly units: number
  /** Labelled units that only some of them have. */
  readonly leftOut: number
  /** Share of units that all of them together call right. */
  readonly accuracy: number
  readonly members: readonly JudgedMember[]
  /** Every two, by their places in `members`. */
  readonly pairs: readonly (PairDiversity & { readonly a: number; readonly b: number })[]
}

/** What is known of the members of an ensemble. */
export interface JudgedMembers {
  readonly split: string
  readonly cellTypes: readonly JudgedCellType[]
  /** Why members could not be compared, as far as they could not. */
  readonly missing: readonly string[]
}

/**
 * Compares the members of a run of ensemble on the split that the page shows, from the predictions
 * that they keep; null for runs of other verbs. Members that are gone are told, not thrown.
 *
 * @throws {EarlierRunError} when `selection.json` is broken.
 */
export async function judgedMembers(run: ReportedRun): Promise<JudgedMembers | null> {
  const { ensemble: section } = run.config
  if (run.verb !== 'ensemble' || section === undefined) return null
  const shown = shownSplit(run.wells)[0]?.split
  const split = section.splits.find((name) => name === shown)
  if (split === undefined) return null
  const lists = selectedLists(join(run.folder, 'selection.json'))
  return await judge({ ...section, members: { ...section.members, ...lists } }, split)
}

async function judge(section: Section<'ensemble'>, split: SplitName): Promise<JudgedMembers> {
  const missing: string[] = []
  const cellTypes: JudgedCellType[] = []
  try {
    await using files = await MemberFiles.open(memberRuns(section), split, section.averaging)
    for (const cellType of files.cellTypes) {
      const list = membersFor(section, cellType)
      if (list.length === 0) continue
      try {
        cellTypes.push(await judgeCellType(files, cellType, list, section))
      } catch (error) {
        missing.push(reasonOf(error))
      }
    }
  } catch (error) {
    missing.push(reasonOf(error))
  }
  return { split, cellTypes, missing }
}

async function judgeCellType(
  files: MemberFiles,
  cellType: string,
  list: readonly Member[],
  section: Section<'ensemble'>,
): Promise<JudgedCellType> {
  const found = await comparableUnits(files, list, cellType, preparation(section, files))
  const of = candidates(found.logits, found.labels, section.reduce)
  const weights = list.map(({ weight }) => weight)
  const accuracy = (weightOf: (weight: number, member: number) => number) =>
    scoreMixture(of, weights.map(weightOf)).accuracy
  const calls = of.terms.map((term) =>
    Int32Array.from({ length: term.rows }, (_, unit) => argmax(row(term, unit))),
  )
  return {
    cellType,
    units: found.labels.length,
    leftOut: found.leftOut,
    accuracy: accuracy((weight) => weight),
    members: list.map(({ run, weight }, own) => ({
      run,
      weight,
      accuracy: accuracy((_, i) => (i === own ? 1 : 0)),
      without: list.length === 1 ? null : accuracy((each, i) => (i === own ? 0 : each)),
    })),
    pairs: calls.flatMap((first, a) =>
      calls.slice(a + 1).map((second, i) => ({
        a,
        b: a + 1 + i,
        ...pairDiversity(first, second, found.labels),
      })),
    ),
  }
}

/** Predictions that are not there are no fault of the report; anything else is. */
function reasonOf(error: unknown): string {
  if (error instanceof PredictionError || error instanceof EarlierRunError) return error.message
  throw error
}

const selectionSchema = z.record(
  z.string(),
  z.object({ members: z.array(z.object({ run: z.string(), weight: z.number() })) }),
)

/** The members of each cell type where the run selected them; else none. */
function selectedLists(path: string): Record<string, Member[]> {
  if (!existsSync(path)) return {}
  try {
    const selection = selectionSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return Object.fromEntries(
      Object.entries(selection).map(([cellType, { members }]) => [
        cellType,
        members.filter(({ weight }) => weight > 0),
      ]),
    )
  } catch (cause) {
    throw new EarlierRunError(
      `report: ${path} is broken, expected the members of each cell type. Run phenoprint ensemble again in another folder, or leave this run out.`,
      { cause },
    )
  }
}
