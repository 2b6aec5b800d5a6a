import { join, resolve } from 'node:path'
import type { Config } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { PredictionError } from '../errors.js'
import { writeFileAtomic } from '../run/files.js'
import { finishedBefore, finishedRun } from '../run/finished-run.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { readCsvTable } from '../screen/csv-table.js'
import { readScreen } from '../screen/read-screen.js'
import { count } from '../words.js'
import {
  checkSubmission,
  readSubmissionForm,
  type SubmissionForm,
  submissionText,
} from './submission.js'

/**
 * Writes `submission.csv`, the competition's CSV, from the calls of a run, and checks it against the
 * sample. With a CSV in `submission.from`, checks that file and writes nothing.
 *
 * @throws {ScreenError} naming the row that the competition would refuse.
 * @throws {PredictionError} when a well of the sample is not called.
 * @throws {EarlierRunError} {ConfigError} {RunDirectoryError} {MachineError}
 */
export async function submit(config: Config, reporter: Reporter): Promise<VerbResult> {
  const { from, sample } = requireSection(config, 'submission', 'submit')
  const screenSection = requireSection(config, 'screen', 'submit')
  const form = await readSubmissionForm(resolve(screenSection.folder, sample))
  const { classes } = await readScreen(screenSection)
  if (from.endsWith('.csv')) {
    const wells = await checkSubmission(from, form, classes)
    reporter.say(`submit: ${from} is a submission: ${count(wells, 'well')}, as in ${form.path}`)
    return { status: 'done', figures: { wells }, files: [] }
  }
  const output = requireSection(config, 'output', 'submit')
  const purpose = { verb: 'submit', config, reporter } as const
  const before = finishedBefore(output, purpose)
  if (before !== null) return before
  finishedRun(from, 'submission.from', ['assign', 'ensemble', 'infer'])
  const calls = await readCalls(join(from, 'calls.csv'), form)
  using run = RunDirectory.open(output, purpose)
  const path = run.path('submission.csv')
  writeFileAtomic(path, submissionText(form, calls))
  const wells = await checkSubmission(path, form, classes)
  reporter.say(`submit: ${path}: ${count(wells, 'well')}, checked against ${form.path}`)
  const result: VerbResult = { status: 'done', figures: { wells }, files: [path] }
  run.finish(result)
  return result
}

/** The calls of the wells of the form; other wells, and those of other splits, are passed over. */
async function readCalls(
  path: string,
  { codes, path: sample }: SubmissionForm,
): Promise<ReadonlyMap<string, string>> {
  const table = await readCsvTable(path, 'calls')
  const code = table.column('code')
  const call = table.column('call')
  const calls = new Map(table.rows.map((row) => [table.value(row, code), table.value(row, call)]))
  const missing = codes.find((name) => (calls.get(name) ?? '') === '')
  if (missing !== undefined) {
    throw new PredictionError(
      `submit: ${path} has no call for well ${missing} of ${sample}. Predict the split test, and call every well.`,
    )
  }
  return calls
}
