import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, Section, SplitName } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { PredictionError } from '../errors.js'
import { writeJson } from '../run/files.js'
import { type FinishedRun, finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { callSteps } from './evaluated-calls.js'
import { memberSteps, storedStep, viewSteps } from './evaluated-predictions.js'
import {
  evaluationFile,
  evaluationLines,
  evaluationTable,
  partTables,
} from './evaluation-tables.js'
import {
  type EvaluatedRun,
  type ScoredStep,
  type StepFigures,
  stepFigures,
} from './step-figures.js'

/**
 * Says how good finished runs of infer, ensemble and assign are, and what each step on their way adds:
 * views, averages, members, groups of plates, one class a well; for each cell type, experiment and
 * plate, with intervals by bootstrap over experiments. All is done again from the stored predictions.
 * Writes `metrics.json` and `evaluation.csv` into the run directory.
 *
 * @throws {EarlierRunError} {PredictionError} when a run is missing, not finished, or has predictions
 *   for none of the splits.
 * @throws {AssignmentError} {ScreenError} {ConfigError} {RunDirectoryError} {MachineError}
 */
export async function evaluate(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'evaluation', 'evaluate')
  const output = requireSection(config, 'output', 'evaluate')
  const purpose = { verb: 'evaluate', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  const runs = section.from.map((folder) =>
    finishedRun(folder, 'evaluation.from', ['infer', 'ensemble', 'assign']),
  )
  const evaluated: EvaluatedRun[] = []
  for (const run of runs) evaluated.push(await evaluateRun(run, config, section, reporter))
  using directory = RunDirectory.open(output, purpose)
  using table = evaluationFile(directory.path('evaluation.csv'))
  for (const run of evaluated) table.add(evaluationLines(run))
  table.finish()
  writeJson(directory.path('metrics.json'), { runs: evaluated })
  const files = ['metrics.json', 'evaluation.csv'].map((name) => directory.path(name))
  const result: VerbResult = { status: 'done', figures: { runs: evaluated }, files }
  directory.finish(result)
  return result
}

async function evaluateRun(
  run: FinishedRun,
  { seed }: Config,
  section: Section<'evaluation'>,
  reporter: Reporter,
): Promise<EvaluatedRun> {
  const { resamples, level } = section
  const splits: Record<string, readonly StepFigures[]> = {}
  for (const split of section.splits) {
    reporter.signal.throwIfAborted()
    const steps = await stepsOf(run, split, section, reporter)
    if (steps.length === 0) continue
    const figures = stepFigures(steps, { seed, resamples, level })
    const heading = `${run.folder}, ${split}`
    for (const line of evaluationTable(heading, figures)) reporter.say(line)
    for (const line of partTables(heading, figures)) reporter.say(line)
    splits[split] = figures
  }
  if (Object.keys(splits).length === 0) {
    throw new PredictionError(
      `evaluation.from: ${run.folder} has no predictions for ${section.splits.join(' or ')}. Name other splits (evaluation.splits), or predict them.`,
    )
  }
  return { run: run.folder, verb: run.verb, splits }
}

/** Every step on the way of a run, those of the run that it was made from before its own. */
async function stepsOf(
  run: FinishedRun,
  split: SplitName,
  section: Section<'evaluation'>,
  reporter: Reporter,
): Promise<ScoredStep[]> {
  if (run.verb === 'assign') {
    const { from } = requireSection(run.config, 'assignment', 'evaluate')
    const earlier = finishedRun(from, 'assignment.from', ['infer', 'ensemble'])
    const before = await stepsOf(earlier, split, section, reporter)
    return before.length === 0 ? [] : [...before, ...(await callSteps(run, split))]
  }
  if (!existsSync(join(run.folder, 'predictions', `${split}.parquet`))) return []
  if (run.verb === 'ensemble') return await memberSteps(run, split)
  const views = await viewSteps(run.folder, split, section.averaging)
  if (views.length === 0) {
    reporter.say(
      `evaluate: ${run.folder} kept no views of ${split} (prediction.views), so what their averages add is not known`,
    )
  }
  return [...views, await storedStep(run.folder, split, 'units')]
}
