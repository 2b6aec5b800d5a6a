import { calibrate } from '../assignment/calibrate.js'
import { callSplit } from '../assignment/call-split.js'
import { readSplit } from '../assignment/predicted-split.js'
import { rulesOf } from '../assignment/rules.js'
import type { SplitName } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { type Matrix, row } from '../evaluation/matrix.js'
import { knownLabel } from '../prediction/calls.js'
import type { FinishedRun } from '../run/finished-run.js'
import { silentReporter } from '../run/reporter.js'
import { readScreen } from '../screen/read-screen.js'
import { type ScoredStep, scoredStep } from './step-figures.js'

/**
 * The steps of a run of assign, done again from the predictions that it took: treated wells as
 * predicted, calibrated, restricted to the group of their plate, and assigned one to one.
 *
 * @returns No step when the predictions lack the split.
 * @throws {PredictionError} {ScreenError} {AssignmentError} as assign.
 */
export async function callSteps(
  { config }: FinishedRun,
  splitName: SplitName,
): Promise<ScoredStep[]> {
  const section = requireSection(config, 'assignment', 'evaluate')
  const screen = await readScreen(requireSection(config, 'screen', 'evaluate'))
  const split = await readSplit(section.from, splitName, screen)
  if (split === null) return []
  const units = new Set<string>()
  for (const name of section.splits) {
    const of = await readSplit(section.from, name, screen)
    for (const { unit } of of?.rows ?? []) units.add(unit)
  }
  const known =
    section.calibration === 'none'
      ? null
      : await readSplit(section.from, section.calibration, screen)
  const calibrated = new Set(
    section.calibration === 'train' ? [] : known?.rows.map(({ unit }) => unit),
  )
  const rules = await rulesOf(screen, section, { called: units, calibrated }, silentReporter)
  const done = callSplit(split, rules, calibrate(known, rules, silentReporter))
  const probabilities = split.header.scores === 'logits'
  const step = (name: string, logits: Matrix, calls: Int32Array | null): ScoredStep => {
    const scored = scoredStep(name, probabilities)
    split.rows.forEach((who, index) => {
      const label = knownLabel(who, split.header)
      if (label !== null) scored.rows.add(who, row(logits, index), label, calls?.[index])
    })
    return scored
  }
  return [
    step('treated wells', split.logits, null),
    ...(probabilities ? [step('calibrated', done.calibrated, null)] : []),
    step('restricted', done.restricted, null),
    step('assigned', done.assigned, done.calls),
  ]
}
