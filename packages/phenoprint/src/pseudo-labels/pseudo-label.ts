import { rulesOf } from '../assignment/rules.js'
import { assignment } from '../config/assignment.js'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { didYouMean } from '../did-you-mean.js'
import { ConfigError, PredictionError } from '../errors.js'
import { CsvFile } from '../prediction/csv-file.js'
import { writeJson } from '../run/files.js'
import { finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import {
  type PseudoLabel,
  type PseudoLabelOrigin,
  pseudoLabelColumns,
  pseudoLabelOrigin,
  pseudoLabelTable,
  readPseudoLabels,
  sha256,
  withLabelsOf,
} from '../screen/pseudo-labels.js'
import { readScreen } from '../screen/read-screen.js'
import type { Screen } from '../screen/screen.js'
import { splitScreen } from '../screen/split.js'
import { count } from '../words.js'
import { type AveragedSplit, readAveragedSplit } from './averaged-split.js'
import { callCandidates } from './call-candidates.js'
import { type Candidate, chooseUnits, limitsOf } from './choose-units.js'
import { type LabelFigures, labelFigures } from './label-figures.js'
import { modelsBehind, platesOf } from './models-behind.js'

interface Earlier {
  readonly labels: readonly PseudoLabel[]
  readonly origin: PseudoLabelOrigin | null
}

/**
 * Chooses units whose predicted label is to be trained on: one round. Nothing that it chooses or writes
 * into `pseudo-labels.csv` and `pseudo-labels.json` depends on a label of a validation or test unit:
 * groups of classes are learned from training plates alone, and nothing is calibrated. With the
 * section `assignment` calls follow its rules. Labels of earlier rounds stay.
 *
 * @throws {PredictionError} when no unit is confident enough, or predictions do not fit together.
 * @throws {EarlierRunError} when a run that the predictions rest on is gone.
 * @throws {AssignmentError} {ScreenError} {ConfigError} {RunDirectoryError} {MachineError}
 */
export async function pseudoLabel(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'pseudoLabels', 'pseudo-label')
  const output = requireSection(config, 'output', 'pseudo-label')
  const screenSection = requireSection(config, 'screen', 'pseudo-label')
  const purpose = { verb: 'pseudo-label', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  const truth = await readScreen(screenSection)
  const { train } = splitScreen(truth, config.split)
  const screen = withLabelsOf(truth, new Set(train))
  const { models, plates } = modelsBehind(section.from, truth)
  const earlier = await earlierRound(section)
  const round = (earlier.origin?.round ?? 0) + 1
  refuseRoundBeyond(round, section)
  const found = await candidatesOf(config, section, screen, earlier, reporter)
  const chosen = chooseUnits(
    found.candidates,
    { kept: found.kept, units: found.units, round },
    section,
  )
  if (chosen.length === 0) throw noneChosen(found.candidates, round, section)

  using run = RunDirectory.open(output, purpose)
  const labels: PseudoLabel[] = [
    ...earlier.labels,
    ...chosen.map(({ unit, label, confidence, agreement }) => {
      return { unit, label, confidence, agreement, round }
    }),
  ]
  writeTable(run.path(pseudoLabelTable), labels, screen)
  const limits = Object.fromEntries(
    [...found.units.keys()].map((name) => [
      name,
      chosen.filter(({ cellType }) => cellType === name).length,
    ]),
  )
  const origin: PseudoLabelOrigin = {
    version: 1,
    screen: screen.name,
    round,
    table: sha256(run.path(pseudoLabelTable)),
    rounds: [
      ...(earlier.origin?.rounds ?? []),
      {
        ...{ round, from: section.from, models: [...models] },
        ...{ rule: ruleInWords(section, found.units, round), chosen: limits },
      },
    ],
    learnedFrom: [
      ...new Set([...plates, ...platesOf(screen, train), ...(earlier.origin?.learnedFrom ?? [])]),
    ].sort(),
  }
  writeJson(run.path(pseudoLabelOrigin), origin)
  const figures = labelFigures(labels, truth, found.units, round)
  sayFigures(figures, round, reporter)
  const result: VerbResult = {
    status: 'done',
    figures: { round, labels: labels.length, byCellType: figures },
    files: [run.path(pseudoLabelTable), run.path(pseudoLabelOrigin)],
  }
  run.finish(result)
  return result
}

async function earlierRound({ previous }: Section<'pseudoLabels'>): Promise<Earlier> {
  if (previous === undefined) return { labels: [], origin: null }
  finishedRun(previous, 'pseudoLabels.previous', ['pseudo-label'])
  return await readPseudoLabels(previous)
}

function refuseRoundBeyond(round: number, { rule, rounds }: Section<'pseudoLabels'>): void {
  if (rule !== 'growingShare' || round <= rounds) return
  throw new ConfigError(
    `pseudoLabels.rounds: got ${rounds}, and this is round ${round}, expected at least ${round}. Set it to the number of rounds that there will be, the same in all of them.`,
  )
}

/** Units without a label of an earlier round, called; and what those of earlier rounds are. */
async function candidatesOf(
  config: Config,
  section: Section<'pseudoLabels'>,
  screen: Screen,
  earlier: Earlier,
  reporter: Reporter,
) {
  const kept = new Map(earlier.labels.map((label) => [label.unit, label]))
  const candidates: Candidate[] = []
  const units = new Map<string, number>()
  const splits: AveragedSplit[] = []
  for (const name of section.splits) {
    reporter.signal.throwIfAborted()
    splits.push(await readAveragedSplit(section.from, name, screen))
  }
  const called = new Set(splits.flatMap(({ mean }) => mean.rows.map(({ unit }) => unit)))
  const asked = config.assignment ?? anyClass
  const rules = await rulesOf(screen, asked, { called, calibrated: new Set() }, reporter)
  for (const { mean, members } of splits) {
    candidates.push(...callCandidates(mean, members, rules, kept, section.confidence))
    for (const { cellType } of mean.rows) units.set(cellType, (units.get(cellType) ?? 0) + 1)
  }
  const plateOf = new Map(screen.units.map(({ id, plate }) => [id, screen.plates[plate]]))
  return {
    units: onlyAsked(units, section),
    candidates: candidates.filter(({ cellType }) => isAsked(cellType, section)),
    kept: earlier.labels.map(({ unit, label }) => {
      const { id = '', cellType = '' } = plateOf.get(unit) ?? {}
      return { plate: id, cellType, label }
    }),
  }
}

/** Without the section `assignment`: each unit by itself. */
const anyClass = assignment.parse({
  from: 'predictions',
  groups: { source: 'none' },
  oneToOne: 'none',
})

const isAsked = (cellType: string, { cellTypes }: Section<'pseudoLabels'>): boolean =>
  cellTypes === 'each' || cellTypes.includes(cellType)

function onlyAsked(
  units: ReadonlyMap<string, number>,
  section: Section<'pseudoLabels'>,
): Map<string, number> {
  const known = [...units.keys()].sort()
  const named = section.cellTypes === 'each' ? [] : section.cellTypes
  for (const name of [...named, ...Object.keys(section.byCellType)]) {
    if (known.includes(name)) continue
    throw new ConfigError(
      `pseudoLabels: got cell type "${name}", expected one of those predicted: ${known.join(', ')}.${didYouMean(name, known)}`,
    )
  }
  return new Map([...units].filter(([name]) => isAsked(name, section)).sort())
}

function noneChosen(
  candidates: readonly Candidate[],
  round: number,
  { rule, agreement }: Section<'pseudoLabels'>,
): PredictionError {
  const best = candidates.reduce(
    (most, { confidence }) => Math.max(most, confidence),
    Number.NEGATIVE_INFINITY,
  )
  return new PredictionError(
    `pseudo-label: round ${round} chooses none of ${count(candidates.length, 'unit')} without a label (${candidates.length === 0 ? 'all have one' : `the most confident has ${best.toFixed(4)}`}), expected some. ${rule === 'threshold' ? 'Lower pseudoLabels.threshold' : 'Raise pseudoLabels.share'}${agreement > 0 ? ' or lower pseudoLabels.agreement' : ''}, or train without a further round.`,
  )
}

function ruleInWords(
  section: Section<'pseudoLabels'>,
  units: ReadonlyMap<string, number>,
  round: number,
): string {
  const { rule, confidence, agreement } = section
  const limits = [...units.keys()].map((name) => {
    const { most, least } = limitsOf(name, { units, round }, section)
    return `${name} ${rule === 'threshold' ? `from ${least}` : `up to ${most} of ${units.get(name)}`}`
  })
  return `${rule} by ${confidence}${agreement > 0 ? `, agreement ${agreement}` : ''}: ${limits.join(', ')}`
}

function writeTable(path: string, labels: readonly PseudoLabel[], screen: Screen): void {
  using file = new CsvFile(path, pseudoLabelColumns)
  const units = new Map(screen.units.map((unit) => [unit.id, unit]))
  file.add(
    labels.map(({ unit: id, label, confidence, agreement, round }) => {
      const unit = units.get(id)
      const plate = screen.plates[unit?.plate ?? -1]
      return [
        ...[id, unit?.code ?? '', plate?.experiment ?? '', plate?.plate ?? '', unit?.well ?? ''],
        ...[plate?.cellType ?? '', String(label), screen.classNames?.[label] ?? ''],
        ...[confidence.toFixed(6), agreement.toFixed(4), String(round)],
      ]
    }),
  )
  file.finish()
}

function sayFigures(
  figures: Readonly<Record<string, LabelFigures>>,
  round: number,
  reporter: Reporter,
): void {
  for (const [cellType, { units, chosen, kept, known, right }] of Object.entries(figures)) {
    const truth = known === 0 ? '' : `; of ${known} whose label is known ${right} are right`
    reporter.say(
      `pseudo-label: round ${round}, ${cellType}: ${chosen} more of ${count(units, 'unit')}, ${kept} from before${truth}`,
    )
  }
}
