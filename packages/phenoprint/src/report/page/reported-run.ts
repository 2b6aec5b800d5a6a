import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { EarlierRunError } from '../../errors.js'
import { metricsByCellTypeSchema } from '../../evaluation/metrics-schema.js'
import { type FinishedRun, finishedRun } from '../../run/finished-run.js'
import type { CurvePoint } from '../plots/learning-curves.js'
import { type CalledWell, readCalls } from './called-wells.js'

/** What a page tells of a run. */
export interface ReportedRun extends FinishedRun {
  /** Of train and fine-tune; else empty. */
  readonly curves: readonly CurvePoint[]
  /** Of infer, ensemble and assign; else empty. */
  readonly wells: readonly CalledWell[]
}

const training = ['train', 'fine-tune']
const calling = ['infer', 'ensemble', 'assign']

/**
 * Reads what a page tells of a finished run: the epochs of a training, or the calls of a prediction. Runs of explain are
 * known by their pictures.
 *
 * @throws {EarlierRunError} when there is no such run, or it is not finished or damaged.
 */
export function readRun(folder: string): ReportedRun {
  const run = finishedRun(folder, 'report', [
    'train',
    'fine-tune',
    'infer',
    'ensemble',
    'assign',
    'explain',
    'embed',
  ])
  const isTraining = training.includes(run.verb)
  return {
    ...run,
    curves: isTraining ? readCurves(join(folder, 'events.jsonl')) : [],
    wells: calling.includes(run.verb) ? readCalls(join(folder, 'calls.csv')) : [],
  }
}

const eventSchema = z.object({ type: z.string() })

const epochSchema = z.object({
  cellType: z.string().nullable(),
  epoch: z.int().positive(),
  loss: z.number(),
  validation: metricsByCellTypeSchema,
})

/** @throws {EarlierRunError} when the events are missing or broken. */
function readCurves(path: string): CurvePoint[] {
  try {
    const lines = readFileSync(path, 'utf8').split('\n')
    return lines
      .filter((line) => line !== '')
      .map((line): unknown => JSON.parse(line))
      .filter((event) => eventSchema.parse(event).type === 'epoch')
      .map((event) => {
        const { cellType, epoch, loss, validation } = epochSchema.parse(event)
        const { loss: validationLoss, accuracy } = validation.overall
        const network = cellType ?? 'all'
        return { network, epoch, trainingLoss: loss, validationLoss, accuracy }
      })
  } catch (cause) {
    throw new EarlierRunError(
      `report: ${path} is missing or broken, expected a line of JSON an epoch. Train again in another folder, or leave this run out.`,
      { cause },
    )
  }
}
