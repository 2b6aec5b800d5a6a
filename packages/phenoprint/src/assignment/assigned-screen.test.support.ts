import { join } from 'node:path'
import { configSchema } from '../config/config.js'
import { PhenoprintError } from '../errors.js'
import { row } from '../evaluation/matrix.js'
import { header as smallHeader, writeInferRun } from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { simulatedWells } from '../simulate/layout.js'
import { simulatedTables } from '../simulate/tables.js'
import { folderOf } from '../testing/folder.js'
import { assign } from './assign.js'
import {
  logitsOf,
  predictionNoise,
  rowsOf,
  simulationOf,
  treatedWells,
} from './generated-predictions.test.support.js'

export const settings = simulationOf({
  layout: {
    plates: 3,
    rows: 4,
    columns: 6,
    classes: 60,
    groups: 3,
    controls: { negative: 1, positive: 2 },
  },
  cellTypes: { HUVEC: { train: 6, test: 2 }, U2OS: { train: 4, test: 1 } },
})
export const header = { ...smallHeader, classes: 60, classNames: null }
const validating = ['HUVEC-06', 'U2OS-04']

/** Rows and generated logits, `bold` times as far apart as they should be. */
export function predictions(part: 'train' | 'test', accuracy: number, bold = 1) {
  const wells = treatedWells(settings, part).filter(
    ({ experiment }) => part === 'test' || validating.includes(experiment),
  )
  const noise = predictionNoise(wells, { classes: 60, seed: part.length, common: 0.2 })
  const logits = logitsOf(
    noise,
    wells.map(({ label }) => label),
    accuracy,
  )
  return rowsOf(wells).map((who, i) => ({
    who,
    logits: [...row(logits, i)].map((value) => bold * value),
  }))
}

/** A folder with the tables of the screen and a finished run of infer. */
export function screenWithRun(accuracy = 0.4, bold = 1, of = header): string {
  const folder = folderOf(simulatedTables(simulatedWells(settings)))
  const splits = {
    validation: predictions('train', accuracy, bold),
    test: predictions('test', accuracy, bold),
  }
  writeInferRun(join(folder, 'infer'), splits, of)
  return folder
}

export function configOf(folder: string, assignment: object = {}, screen: object = {}) {
  return configSchema.parse({
    output: join(folder, 'assign'),
    screen: { reader: 'rxrx1', name: 'synthetic', folder, answers: 'test_answers.csv', ...screen },
    assignment: { from: join(folder, 'infer'), ...assignment },
  })
}

/** The fault that assign ends with. */
export async function failure(config: ReturnType<typeof configOf>): Promise<PhenoprintError> {
  const error: unknown = await assign(config, silentReporter).catch((fault: unknown) => fault)
  if (error instanceof PhenoprintError) return error
  throw new Error(`expected a fault, got ${String(error)}`)
}
