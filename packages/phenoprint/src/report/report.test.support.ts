import { join } from 'node:path'
import { configSchema } from '../config/config.js'
import { writeEmbeddings } from '../embedding/embedding-file.js'
import { ensemble } from '../ensemble/ensemble.js'
import { matrix } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import { CallsWriter } from '../prediction/calls.js'
import { predictionRow } from '../prediction/prediction-row.js'
import {
  type GivenRow,
  header,
  unitRow,
  writeInferRun,
} from '../prediction/predictions.test.support.js'
import { randomStream } from '../random.js'
import { writeJson } from '../run/files.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import type { Screen } from '../screen/screen.js'
import { makeStore } from '../store/make-store.js'
import { order, recorder, smallScreen } from '../store/small-screen.test.support.js'

/** Runs to report on, and the screen that they saw: three classes, two plates of four wells. */
export interface ReportedRuns {
  readonly infer: string
  readonly train: string
  readonly screen: Screen
}

/** The first well of each plate is a negative control; all treated wells of class 1 are called 2. */
export async function reportedRuns(): Promise<ReportedRuns> {
  const made = smallScreen({
    height: 300,
    width: 200,
    wells: ['B02', 'B03', 'C02', 'C03'],
    sites: 1,
  })
  const screen: Screen = {
    ...made.screen,
    synthetic: true,
    units: made.screen.units.map((unit, i) =>
      i % 4 === 0
        ? { ...unit, role: 'negativeControl', label: 3 }
        : { ...unit, label: i % 4 === 1 ? 0 : 1 },
    ),
  }
  const { path } = order(made, { tile: [128, 128] }).store
  const store = { path, tile: [128, 128] }
  await makeStore(
    screen,
    { ...order(made), store: { path, tile: [128, 128], codec: 'zstd' } },
    recorder(),
  )
  const infer = join(made.folder, 'infer')
  writeInfer(infer, screen, store)
  const train = join(made.folder, 'train')
  writeTraining(train)
  return { infer, train, screen }
}

function writeInfer(output: string, screen: Screen, store: object): void {
  const config = configSchema.parse({ output, store, prediction: { from: `${output}-training` } })
  using run = RunDirectory.open(output, { verb: 'infer', config })
  using calls = new CallsWriter(run.path('calls.csv'))
  const treated = [...screen.units.keys()].filter((i) => screen.units[i]?.role === 'treatment')
  const logits = treated.flatMap((i) => (screen.units[i]?.label === 1 ? [0, 0, 2] : [1, 0, 0]))
  calls.add(
    'test',
    { ...header, classNames: ['none', 'some & many', 'all'] },
    {
      rows: treated.map((i) => predictionRow(screen, i)),
      logits: matrix(Float64Array.from(logits), treated.length, 3),
    },
  )
  calls.finish()
  run.finish({ status: 'done', figures: {}, files: [] })
}

function writeTraining(output: string): void {
  using run = RunDirectory.open(output, { verb: 'train', config: configSchema.parse({ output }) })
  const overall = metrics(matrix(Float64Array.of(1, 0, 0, 1), 2, 2), Int32Array.of(0, 0))
  for (const epoch of [1, 2, 3]) {
    run.event({
      type: 'epoch',
      cellType: null,
      epoch,
      loss: 3 / epoch,
      validation: { overall, byCellType: {} },
    })
  }
  run.finish({ status: 'done', figures: {}, files: [] })
}

/** Of the members of {@link averagedRuns}. */
export const memberWeights = [1, 2, 0.5]

/** Three members with noise of their own over 40 units of two cell types. */
export async function averagedRuns(folder: string) {
  const rows = memberWeights.map((_, member): GivenRow[] =>
    Array.from({ length: 40 }, (_, i) => {
      const who = unitRow(i, i % 3)
      const draw = randomStream(member, who.unit)
      return {
        who,
        logits: [0, 1, 2].map((c) => Math.fround(draw.normal() + (c === i % 3 ? 1 : 0))),
      }
    }),
  )
  const runs = rows.map((test, i) => writeInferRun(join(folder, `member-${i}`), { test }))
  const list = runs.map((run, i) => ({ run, weight: memberWeights[i] }))
  const section = { members: { default: list }, splits: ['test'], reduce: 'probabilityMean' }
  const output = join(folder, 'ensemble')
  await ensemble(configSchema.parse({ output, ensemble: section }), silentReporter)
  return { rows, output, runs }
}

/** A run of embed whose cell types lie apart along the first feature. */
export function embeddedRun(parent: string, units: number): string {
  const folder = join(parent, 'embed')
  const config = configSchema.parse({ output: folder })
  using run = RunDirectory.open(folder, { verb: 'embed', config })
  const rows = Array.from({ length: units }, (_, i) => unitRow(i, i % 3))
  const data = rows.flatMap(({ cellType }, i) => [
    cellType === 'U2OS' ? 10 : -10,
    Math.sin(i),
    Math.cos(7 * i) / 2,
  ])
  writeEmbeddings(run.path('embeddings.parquet'), rows, matrix(Float32Array.from(data), units, 3))
  writeJson(run.path('metrics.json'), { synthetic: true })
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
}
