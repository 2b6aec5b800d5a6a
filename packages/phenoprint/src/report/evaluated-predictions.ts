import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, SplitName } from '../config/config.js'
import { combine } from '../ensemble/combine.js'
import { MemberFiles, memberRuns, membersFor } from '../ensemble/members.js'
import { RowCursor } from '../ensemble/row-cursor.js'
import { row } from '../evaluation/matrix.js'
import { givesRanks } from '../evaluation/reductions.js'
import type { Row } from '../evaluation/softmax.js'
import { knownLabel } from '../prediction/calls.js'
import type { PredictionHeader } from '../prediction/prediction-header.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import { UnitPredictions } from '../prediction/unit-predictions.js'
import { type Averaging, averageLevels } from '../prediction/view-levels.js'
import { ViewPredictions } from '../prediction/view-predictions.js'
import type { FinishedRun } from '../run/finished-run.js'
import { finishedRun } from '../run/finished-run.js'
import { type ScoredStep, scoredStep } from './step-figures.js'

function add(
  { rows }: ScoredStep,
  who: PredictionRow,
  header: PredictionHeader,
  logits: Row,
): void {
  const label = knownLabel(who, header)
  if (label !== null) rows.add(who, logits, label)
}

/**
 * The predictions of a run as they are stored: one step.
 *
 * @throws {PredictionError} when they cannot be read.
 */
export async function storedStep(run: string, split: SplitName, name: string): Promise<ScoredStep> {
  await using file = await UnitPredictions.open(join(run, 'predictions', `${split}.parquet`))
  const step = scoredStep(name, file.header.scores === 'logits')
  for (let group = 0; group < file.groups; group++) {
    const { rows, logits } = await file.block(group)
    rows.forEach((who, i) => {
      add(step, who, file.header, row(logits, i))
    })
  }
  return step
}

/**
 * The steps from single views to one row a unit, from the stored views of a run of infer. Each view is
 * a row with its unit's label at first; each level that is averaged leaves fewer rows.
 *
 * @returns No step when the run kept no views.
 * @throws {PredictionError} when they cannot be read.
 */
export async function viewSteps(
  run: string,
  split: SplitName,
  averaging: Averaging,
): Promise<ScoredStep[]> {
  const path = join(run, 'predictions', `${split}.views.parquet`)
  if (!existsSync(path)) return []
  let ranks = false
  const steps = [scoredStep('single views', true)]
  for (const { level, reduce } of averaging) {
    ranks ||= givesRanks(reduce)
    steps.push(scoredStep(`${level} averaged`, !ranks))
  }
  await using file = await ViewPredictions.open(path)
  for (let group = 0; group < file.groups; group++) {
    for await (const { who, views } of file.units(group)) {
      averageLevels(views, averaging).forEach((rows, stage) => {
        const step = steps[stage]
        if (step !== undefined) for (const { logits } of rows) add(step, who, file.header, logits)
      })
    }
  }
  return steps
}

/**
 * The steps of an ensemble: each member's row by itself, the epochs of one training averaged (where
 * members are of one training), and all members.
 *
 * @throws {PredictionError} when a member is gone or has other units than the others.
 */
export async function memberSteps(
  { folder, config }: FinishedRun,
  split: SplitName,
): Promise<ScoredStep[]> {
  const { ensemble: section } = config
  if (section === undefined) return []
  await using members = await MemberFiles.open(memberRuns(section), split, section.averaging)
  const trainings = trainingsOf(memberRuns(section))
  const snapshots = section.units === 'all' && new Set(trainings.values()).size < trainings.size
  const ranks = [...members.files.values()].some(({ header }) => header.scores === 'ranks')
  const single = scoredStep('single members', !ranks)
  const epochs = scoredStep('epochs averaged', !ranks && !givesRanks(section.reduce))
  for (const cellType of members.cellTypes) {
    const list = membersFor(section, cellType)
    for (const { run } of list) {
      const file = members.file(run)
      const cursor = new RowCursor(file, cellType)
      for (let at = await cursor.take(); at !== null; at = await cursor.take()) {
        add(single, at.who, file.header, at.logits)
      }
    }
    if (!snapshots) continue
    for (const training of new Set(list.map(({ run }) => trainings.get(run)))) {
      const own = list.filter(({ run }) => trainings.get(run) === training)
      const rows = own.map(({ run, weight }) => {
        const cursor = new RowCursor(members.file(run), cellType)
        return { run, weight, take: () => cursor.take() }
      })
      const { header } = members.file(own[0]?.run ?? '')
      for await (const { who, logits } of combine(rows, section.reduce, header.classes)) {
        add(epochs, who, header, logits)
      }
    }
  }
  const all = await storedStep(folder, split, 'members averaged')
  return [single, ...(snapshots ? [epochs] : []), all]
}

/** The training that each member's network is of; members of one training are its epochs. */
function trainingsOf(runs: readonly string[]): Map<string, string> {
  return new Map(
    runs.map((run) => [
      run,
      trainingOf(finishedRun(run, 'ensemble.members', ['infer', 'ensemble']).config, run),
    ]),
  )
}

function trainingOf({ prediction }: Config, run: string): string {
  return prediction?.from ?? run
}
