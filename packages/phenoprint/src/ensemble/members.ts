import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Section, SplitName } from '../config/config.js'
import { didYouMean } from '../did-you-mean.js'
import { ConfigError, PredictionError } from '../errors.js'
import { AveragedViews } from '../prediction/averaged-views.js'
import type { PredictedUnits } from '../prediction/predicted-units.js'
import { UnitPredictions } from '../prediction/unit-predictions.js'
import type { Averaging } from '../prediction/view-levels.js'
import { finishedRun } from '../run/finished-run.js'

/** One entry of a member list. */
export type Member = Section<'ensemble'>['members'][string][number]

/** The member list of a cell type: its own, or `default`; none where there is neither. */
export function membersFor(section: Section<'ensemble'>, cellType: string): readonly Member[] {
  return section.members[cellType] ?? section.members.default ?? []
}

/** Run directories of all lists, each once, in the order of the configuration. */
export function memberRuns(section: Section<'ensemble'>): string[] {
  return [...new Set(Object.values(section.members).flatMap((list) => list.map(({ run }) => run)))]
}

/** The predictions of every member for one split, by run directory. */
export class MemberFiles implements AsyncDisposable {
  private constructor(
    readonly files: ReadonlyMap<string, PredictedUnits>,
    /** Cell types of any of their units, sorted. */
    readonly cellTypes: readonly string[],
  ) {}

  /**
   * Opens the files and sees that they are of the same classes.
   *
   * @param averaging Rows are averaged again from the stored views; undefined takes those stored.
   * @throws {PredictionError} when a run is missing, not finished or of another verb, has no
   *   predictions for the split (or views, where they are asked for), or knows other classes than
   *   the first.
   */
  static async open(
    runs: readonly string[],
    split: SplitName,
    averaging: Averaging | undefined,
  ): Promise<MemberFiles> {
    const files = new Map<string, PredictedUnits>()
    try {
      const cellTypes = new Set<string>()
      for (const run of runs) {
        const file = await openMember(run, split, averaging)
        files.set(run, file)
        for (let group = 0; group < file.groups; group++) {
          for (const cellType of await file.cellTypes(group)) cellTypes.add(cellType)
        }
      }
      refuseOtherClasses([...files])
      return new MemberFiles(files, [...cellTypes].sort())
    } catch (error) {
      await closeAll(files)
      throw error
    }
  }

  /** The file of a run that was opened. */
  file(run: string): PredictedUnits {
    const file = this.files.get(run)
    if (file === undefined) throw new PredictionError(`ensemble: ${run} was not opened`)
    return file
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeAll(this.files)
  }
}

/**
 * Sees that every cell type with a list of its own is there.
 *
 * @throws {ConfigError} when one is in no member's predictions, as after a slip of the pen.
 */
export function refuseUnknownCellTypes(
  section: Section<'ensemble'>,
  cellTypes: ReadonlySet<string>,
): void {
  const known = [...cellTypes].sort()
  for (const name of Object.keys(section.members)) {
    if (name === 'default' || known.length === 0 || cellTypes.has(name)) continue
    throw new ConfigError(
      `ensemble.members: got a list for cell type "${name}", expected default or one of ${known.join(', ')}.${didYouMean(name, known)}`,
    )
  }
}

async function openMember(
  run: string,
  split: SplitName,
  averaging: Averaging | undefined,
): Promise<PredictedUnits> {
  finishedRun(run, 'ensemble.members', ['infer', 'ensemble'])
  const path = join(run, 'predictions', `${split}.parquet`)
  if (!existsSync(path)) {
    throw new PredictionError(
      `ensemble.members: ${run} has no predictions for the split ${split} (${path}). Add ${split} to prediction.splits of that run, or take it from ensemble.splits.`,
    )
  }
  if (averaging === undefined) return await UnitPredictions.open(path)
  const views = join(run, 'predictions', `${split}.views.parquet`)
  if (!existsSync(views)) {
    throw new PredictionError(
      `ensemble.averaging: ${run} has no views of the split ${split} (${views}). Runs of infer keep them unless prediction.views is none; an ensemble has none: name its members instead.`,
    )
  }
  return await AveragedViews.open(views, averaging)
}

function refuseOtherClasses(files: readonly (readonly [string, PredictedUnits])[]): void {
  const [first] = files
  if (first === undefined) return
  const [firstRun, { header: expected }] = first
  for (const [run, { header }] of files) {
    if (header.classes !== expected.classes) {
      throw new PredictionError(
        `ensemble.members: ${run} predicts ${header.classes} classes, and ${firstRun} ${expected.classes}. Members must know the same classes.`,
      )
    }
    const names = expected.classNames
    const differs = header.classNames?.findIndex((name, i) => names !== null && name !== names[i])
    if (differs !== undefined && differs !== -1) {
      throw new PredictionError(
        `ensemble.members: class ${differs} is "${header.classNames?.[differs]}" in ${run}, and "${names?.[differs]}" in ${firstRun}. Members must know the same classes in the same order.`,
      )
    }
  }
}

async function closeAll(files: ReadonlyMap<string, PredictedUnits>): Promise<void> {
  for (const file of files.values()) await file[Symbol.asyncDispose]()
}
