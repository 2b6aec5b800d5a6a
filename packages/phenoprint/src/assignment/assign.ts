import { join } from 'node:path'
import type { Config, Section } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { ConfigError, PredictionError } from '../errors.js'
import { metricsTable } from '../evaluation/metrics-table.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import { writeJson } from '../run/files.js'
import { finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { readScreen } from '../screen/read-screen.js'
import type { Screen } from '../screen/screen.js'
import { count } from '../words.js'
import { type AssignedFigures, assignedFigures } from './assigned-figures.js'
import {
  callLines,
  callsFile,
  plateLines,
  platesFile,
  reliabilityFile,
  reliabilityLines,
} from './assigned-tables.js'
import { type Calibration, calibrate } from './calibrate.js'
import { type ByCellType, eachValue } from './calibration.js'
import { callSplit } from './call-split.js'
import type { Rules } from './plates.js'
import { type PredictedSplit, readSplit } from './predicted-split.js'
import { rulesOf } from './rules.js'

/**
 * Calls every unit of a finished run of infer or ensemble by what is known of plates: finds the group
 * of classes that each plate holds, restricts its wells to it, gives each class to one well, and says
 * how far to trust each call. Writes `calls.csv`, `plates.csv`, `reliability.csv`,
 * `assignment.json` and `metrics.json` into the run directory; no model is needed.
 *
 * @throws {EarlierRunError} {PredictionError} when the predictions are missing, broken, or of other
 *   classes than the screen.
 * @throws {AssignmentError} when wells have too few classes among them.
 * @throws {ScreenError} {ConfigError} {RunDirectoryError} {MachineError}
 */
export async function assign(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'assignment', 'assign')
  const output = requireSection(config, 'output', 'assign')
  const screenSection = requireSection(config, 'screen', 'assign')
  const purpose = { verb: 'assign', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  finishedRun(section.from, 'assignment.from', ['infer', 'ensemble'])
  const screen = await readScreen(screenSection)
  const splits = await readSplits(section, screen)
  const called = new Set(splits.flatMap(({ rows }) => rows.map(unitOf)))
  const known = await calibrationSplit(section, splits, screen)
  const calibrated = new Set(section.calibration === 'train' ? [] : known?.rows.map(unitOf))
  const rules = await rulesOf(screen, section, { called, calibrated }, reporter)
  const calibration = calibrate(known, rules, reporter)
  using run = RunDirectory.open(output, purpose)
  using calls = callsFile(run.path('calls.csv'))
  using plates = platesFile(run.path('plates.csv'))
  using bins = reliabilityFile(run.path('reliability.csv'))
  const figures: Record<string, AssignedFigures> = {}
  for (const split of splits) {
    reporter.signal.throwIfAborted()
    const done = callSplit(split, rules, calibration)
    calls.add(callLines(done, rules.groups))
    plates.add(plateLines(done, rules.groups))
    const of = assignedFigures(done, rules.groups, config.seed)
    bins.add(reliabilityLines(split.name, of))
    figures[split.name] = of
    sayFigures(split.name, of, reporter)
  }
  calls.finish()
  plates.finish()
  bins.finish()
  writeJson(run.path('assignment.json'), described(rules, calibration))
  writeJson(run.path('metrics.json'), figures)
  const names = ['calls.csv', 'plates.csv', 'reliability.csv', 'assignment.json', 'metrics.json']
  const files = names.map((name) => run.path(name))
  const result: VerbResult = { status: 'done', figures: { splits: figures }, files }
  run.finish(result)
  return result
}

const unitOf = ({ unit }: PredictionRow): string => unit

async function readSplits(
  section: Section<'assignment'>,
  screen: Screen,
): Promise<PredictedSplit[]> {
  const splits: PredictedSplit[] = []
  for (const name of section.splits) {
    const split = await readSplit(section.from, name, screen)
    if (split === null) {
      throw new PredictionError(
        `assignment.from: ${section.from} has no predictions for the split ${name} (${join(section.from, 'predictions', `${name}.parquet`)}). Take it from assignment.splits, or predict it.`,
      )
    }
    if (split.header.scores === 'ranks' && usesProbabilities(section)) {
      throw new ConfigError(
        `assignment.groups.score: likelihood: ${section.from} holds ranks (its reduce is ${split.header.reduce}), of which there are no probabilities. Set it to votes.`,
      )
    }
    splits.push(split)
  }
  return splits
}

function usesProbabilities({ groups }: Section<'assignment'>): boolean {
  return groups.source !== 'none' && groups.score === 'likelihood'
}

async function calibrationSplit(
  { calibration, from }: Section<'assignment'>,
  splits: readonly PredictedSplit[],
  screen: Screen,
): Promise<PredictedSplit | null> {
  if (calibration === 'none') return null
  const read = splits.find(({ name }) => name === calibration)
  return read ?? (await readSplit(from, calibration, screen))
}

/** What was learned, for `assignment.json`. */
function described({ groups, base }: Rules, calibration: Calibration): object {
  const { predicted, restricted, shared, known } = calibration
  return {
    groups:
      groups === null
        ? null
        : Object.fromEntries(groups.names.map((name, i) => [name, groups.classes[i]])),
    order: base.map((group) => groups?.names[group]),
    temperatures: {
      predicted: listed(predicted),
      restricted: listed(restricted),
      shared: listed(shared),
    },
    unknownBelow: known === null ? null : listed(eachValue(known, ({ below }) => below)),
  }
}

function listed<T>({ overall, byCellType }: ByCellType<T>): object {
  return { overall, byCellType }
}

function sayFigures(split: string, figures: AssignedFigures, reporter: Reporter): void {
  const { steps, plates, flags, overall, accuracyInterval } = figures
  if (overall.count === 0) {
    reporter.say(`${split}: ${count(plates.count, 'plate')}, no labelled unit`)
  } else {
    const rows = steps.map((step) => ({ name: step.name, metrics: step }))
    for (const line of metricsTable(split, rows)) reporter.say(line)
    const { mean, lower, upper } = accuracyInterval.overall
    const [of, from, to] = [mean, lower, upper].map((x) => x.toFixed(4))
    reporter.say(
      `  accuracy ${of}, 95 % interval ${from} to ${to} (bootstrap over units within each experiment)`,
    )
  }
  if (plates.known > 0) {
    reporter.say(`  groups right on ${plates.right} of ${count(plates.known, 'plate')}`)
  }
  const raised = Object.entries(flags).filter(([, number]) => number > 0)
  if (raised.length > 0) {
    reporter.say(`  flags: ${raised.map(([flag, number]) => `${number} ${flag}`).join(', ')}`)
  }
}
