import type { Config, Section, SplitName } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { metricsTable } from '../evaluation/metrics-table.js'
import { CallsWriter } from '../prediction/calls.js'
import { describeInterval } from '../prediction/summary.js'
import { writeJson } from '../run/files.js'
import { finishedBefore } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { type CombinedRow, combine } from './combine.js'
import { combineAny } from './combine-any.js'
import { type EnsembleFigures, EnsembleOutput } from './ensemble-output.js'
import { type CellTypeSelection, preparation, selectLists } from './member-lists.js'
import {
  type Member,
  MemberFiles,
  memberRuns,
  membersFor,
  refuseUnknownCellTypes,
} from './members.js'
import { RowCursor } from './row-cursor.js'

/**
 * Averages the predictions of several runs, unit by unit, with the members of each cell type, and
 * writes `predictions/<split>.parquet`, `metrics.json` and `calls.csv` into the run directory. Units
 * come out by cell type, and in the members' order within each.
 *
 * @throws {PredictionError} when a member is missing, not finished, broken, or has other units,
 *   labels or classes than the first.
 * @throws {ConfigError} {RunDirectoryError} {MachineError}
 */
export async function ensemble(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'ensemble', 'ensemble')
  const output = requireSection(config, 'output', 'ensemble')
  const purpose = { verb: 'ensemble', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  const splits = await openSplits(section)
  try {
    const selected = await selectFor(section, splits, reporter)
    using run = RunDirectory.open(output, purpose)
    const figures: Record<string, EnsembleFigures> = {}
    using calls = new CallsWriter(run.path('calls.csv'))
    for (const { split, members } of splits) {
      figures[split] = await averageSplit(split, members, {
        run,
        config,
        section: selected.section,
        calls,
        reporter,
      })
    }
    calls.finish()
    writeJson(run.path('metrics.json'), figures)
    for (const [split, of] of Object.entries(figures)) sayFigures(split, of, reporter)
    const predictions = splits.map(({ split }) => run.path('predictions', `${split}.parquet`))
    const written = ['metrics.json', 'calls.csv']
    if (selected.selection !== null) {
      writeJson(run.path('selection.json'), selected.selection)
      written.push('selection.json')
    }
    const files = [...predictions, ...written.map((name) => run.path(name))]
    const result: VerbResult = { status: 'done', figures: { splits: figures }, files }
    run.finish(result)
    return result
  } finally {
    for (const { members } of splits) await members[Symbol.asyncDispose]()
  }
}

interface Inputs {
  readonly run: RunDirectory
  readonly config: Config
  readonly section: Section<'ensemble'>
  readonly calls: CallsWriter
  readonly reporter: Reporter
}

interface Selected {
  readonly section: Section<'ensemble'>
  /** By cell type; null where the lists are taken as they are. */
  readonly selection: Readonly<Record<string, CellTypeSelection>> | null
}

/** The section with a list for each cell type, where members are to be selected. */
async function selectFor(
  section: Section<'ensemble'>,
  splits: readonly OpenSplit[],
  reporter: Reporter,
): Promise<Selected> {
  if (section.select === undefined) return { section, selection: null }
  const cellTypes = [...new Set(splits.flatMap(({ members }) => members.cellTypes))].sort()
  const { lists, selection } = await selectLists(section, section.select, cellTypes, reporter)
  return { section: { ...section, members: { ...section.members, ...lists } }, selection }
}

interface OpenSplit {
  readonly split: SplitName
  readonly members: MemberFiles
}

/** Everything is opened before anything is written, so that a missing member costs nothing. */
async function openSplits(section: Section<'ensemble'>): Promise<OpenSplit[]> {
  const splits: OpenSplit[] = []
  try {
    for (const split of section.splits) {
      splits.push({
        split,
        members: await MemberFiles.open(memberRuns(section), split, section.averaging),
      })
    }
    const cellTypes = splits.flatMap(({ members }) => members.cellTypes)
    refuseUnknownCellTypes(section, new Set(cellTypes))
    return splits
  } catch (error) {
    for (const { members } of splits) await members[Symbol.asyncDispose]()
    throw error
  }
}

async function averageSplit(
  split: SplitName,
  members: MemberFiles,
  inputs: Inputs,
): Promise<EnsembleFigures> {
  const { section, reporter } = inputs
  using output = new EnsembleOutput(split, members, inputs)
  for (const cellType of members.cellTypes) {
    const list = membersFor(section, cellType)
    if (list.length === 0) {
      reporter.say(
        `ensemble: ${split}: no members for cell type ${cellType}, so its units are left out (name some in ensemble.members, or a default)`,
      )
      continue
    }
    for await (const row of rowsOf(members, list, cellType, section)) {
      reporter.signal.throwIfAborted()
      output.add(row, list)
    }
  }
  return output.finish()
}

function rowsOf(
  members: MemberFiles,
  list: readonly Member[],
  cellType: string,
  section: Section<'ensemble'>,
): AsyncGenerator<CombinedRow> {
  const reduction = section.reduce
  const files = list.map(({ run }) => members.file(run))
  const classes = files[0]?.header.classes ?? 0
  const prepare = preparation(section, members)
  if (section.units === 'any') {
    return combineAny(files, list, cellType, { reduction, classes, prepare })
  }
  const rows = list.map(({ run, weight }) => {
    const cursor = new RowCursor(members.file(run), cellType)
    return { run, weight, take: () => cursor.take() }
  })
  return combine(rows, reduction, classes, prepare)
}

function sayFigures(split: string, figures: EnsembleFigures, reporter: Reporter): void {
  const rows = [
    { name: 'ensemble', metrics: figures },
    ...figures.members.map((metrics) => ({ name: metrics.run, metrics })),
  ]
  for (const line of metricsTable(split, rows)) reporter.say(line)
  if (figures.overall.count > 0) reporter.say(describeInterval(figures))
}
