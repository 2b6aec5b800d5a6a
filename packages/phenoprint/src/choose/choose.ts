import { join } from 'node:path'
import { assign } from '../assignment/assign.js'
import { submit } from '../assignment/submit.js'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { ensemble } from '../ensemble/ensemble.js'
import { MemberFiles } from '../ensemble/members.js'
import { ConfigError } from '../errors.js'
import { givesRanks } from '../evaluation/reductions.js'
import { writeFileAtomic, writeJson } from '../run/files.js'
import { finishedBefore } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { choiceTable, names, reasons, subsetLines, subsetsFile } from './choice-tables.js'
import { frontPlot } from './front-plot.js'
import { type JudgedCellType, judgeMembers } from './judge-members.js'
import { seedGroups } from './seed-ensembles.js'
import { countSubsets } from './subsets.js'

type Judged = Readonly<Record<string, JudgedCellType>>

/**
 * Chooses which runs to average: judges every subset by score and by diversity, for each cell type,
 * and takes two: the best, and the most diverse of those as good. Both are then averaged, assigned
 * and submitted, as far as the configuration says how. Writes `choice.json`, `subsets.csv` and
 * `front.svg`, and below `best/` and `diverse/` the run directories of the picks.
 *
 * @throws {PredictionError} when members have no labelled unit in common, or as ensemble.
 * @throws {ConfigError} when a loss of ranks is asked for; and as assign and submit.
 * @throws {EarlierRunError} {ScreenError} {RunDirectoryError} {MachineError}
 */
export async function choose(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'choose', 'choose')
  const output = requireSection(config, 'output', 'choose')
  const purpose = { verb: 'choose', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  refuseRepeated(section)
  const judged = await judge(section, reporter)
  using run = RunDirectory.open(output, purpose)
  using table = subsetsFile(run.path('subsets.csv'))
  for (const [cellType, of] of Object.entries(judged)) {
    table.add(subsetLines(cellType, of, section.members))
    for (const line of choiceTable(cellType, of, section.members)) reporter.say(line)
  }
  table.finish()
  writeFileAtomic(run.path('front.svg'), frontPlot(judged, section))
  const picks = {
    best: await makePick('best', judged, config, section, reporter),
    diverse: await makePick('diverse', judged, config, section, reporter),
  }
  const cellTypes = Object.fromEntries(
    Object.entries(judged).map(([cellType, { subsets: _, front, best, diverse, ...of }]) => {
      const listed = (subset: typeof best) => ({
        ...subset,
        members: names(subset, section.members),
      })
      const figures = { ...of, front: front.map(listed) }
      return [cellType, { ...figures, best: listed(best), diverse: listed(diverse) }]
    }),
  )
  writeJson(run.path('choice.json'), { cellTypes, picks })
  const own = ['choice.json', 'subsets.csv', 'front.svg'].map((name) => run.path(name))
  const files = [...own, ...picks.best.files, ...picks.diverse.files]
  const result: VerbResult = { status: 'done', figures: { cellTypes, picks }, files }
  run.finish(result)
  return result
}

function refuseRepeated({ members, reduce, by }: Section<'choose'>): void {
  const twice = members.find((run, i) => members.indexOf(run) !== i)
  if (twice !== undefined) {
    throw new ConfigError(`choose.members: got ${twice} twice, expected each run once.`)
  }
  if (givesRanks(reduce) && by === 'loss') {
    throw new ConfigError(
      `choose.by: got loss with choose.reduce ${reduce}, expected accuracy: ranks have no loss.`,
    )
  }
}

async function judge(section: Section<'choose'>, reporter: Reporter): Promise<Judged> {
  await using files = await MemberFiles.open(section.members, section.split, undefined)
  const groups = seedGroups(section.members)
  const each = countSubsets(section.members.length, section.most)
  const progress = reporter.progress('choose', each * files.cellTypes.length, 'subsets')
  const judged: Record<string, JudgedCellType> = {}
  for (const cellType of files.cellTypes) {
    judged[cellType] = await judgeMembers(files, cellType, section, groups, () => {
      reporter.signal.throwIfAborted()
      progress.advance(1)
    })
  }
  progress.done()
  return judged
}

interface Pick {
  readonly members: Readonly<Record<string, readonly string[]>>
  readonly reasons: readonly string[]
  readonly files: readonly string[]
}

/** Averages a pick, and calls and submits it where the configuration has those sections. */
async function makePick(
  name: 'best' | 'diverse',
  judged: Judged,
  config: Config,
  section: Section<'choose'>,
  reporter: Reporter,
): Promise<Pick> {
  const folder = join(requireSection(config, 'output', 'choose'), name)
  const members = Object.fromEntries(
    Object.entries(judged).map(([cellType, of]) => [cellType, names(of[name], section.members)]),
  )
  const why = Object.entries(judged).map(([cellType, of]) => reasons(cellType, of, section)[name])
  reporter.say(`${name}:`)
  for (const reason of why) reporter.say(`  ${reason}`)
  const lists = Object.fromEntries(
    Object.entries(members).map(([cellType, runs]) => [
      cellType,
      runs.map((run) => ({ run, weight: 1 })),
    ]),
  )
  const { reduce, splits } = section
  const averaging = { members: lists, reduce, splits, units: 'all' } as const
  let from = join(folder, 'ensemble')
  const files = [
    ...(await ensemble({ ...config, output: from, ensemble: averaging }, reporter)).files,
  ]
  if (config.assignment !== undefined) {
    const assignment = { ...config.assignment, from, splits }
    from = join(folder, 'assign')
    files.push(...(await assign({ ...config, output: from, assignment }, reporter)).files)
  }
  if (config.submission !== undefined) {
    const submission = { ...config.submission, from }
    const output = join(folder, 'submit')
    files.push(...(await submit({ ...config, output, submission }, reporter)).files)
  }
  return { members, reasons: why, files }
}
