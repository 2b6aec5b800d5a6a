import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configSchema } from '../../../phenoprint/dist/config/config.js'
import { matrix } from '../../../phenoprint/dist/evaluation/matrix.js'
import { metrics } from '../../../phenoprint/dist/evaluation/metrics.js'
import { CallsWriter } from '../../../phenoprint/dist/prediction/calls.js'
import { predictionRow } from '../../../phenoprint/dist/prediction/prediction-row.js'
import { header } from '../../../phenoprint/dist/prediction/predictions.test.support.js'
import { writePredictions } from '../../../phenoprint/dist/prediction/unit-predictions.js'
import { RunDirectory } from '../../../phenoprint/dist/run/run-directory.js'
import type { Screen } from '../../../phenoprint/dist/screen/screen.js'
import { makeStore } from '../../../phenoprint/dist/store/make-store.js'
import {
  type MadeScreen,
  order,
  recorder,
  type SmallScreen,
  smallScreen,
} from '../../../phenoprint/dist/store/small-screen.test.support.js'
import { keptFolder } from '../../../phenoprint/dist/testing/kept-folder.js'

/** A folder with a store, a finished run that called its wells, and a training that has just begun. */
export interface ServedRuns {
  /** The folder that is served. */
  readonly folder: string
  /** Beside it: what must never be seen. */
  readonly secret: string
  readonly made: MadeScreen
  /** The training, which goes on; it is to be closed. */
  readonly training: RunDirectory
}

/** Paths within the folder. */
export const places = { store: 'stores/small', infer: 'runs/infer', train: 'runs/train' } as const

export async function servedRuns(of: SmallScreen = {}): Promise<ServedRuns> {
  const around = keptFolder()
  const folder = join(around, 'served')
  const secret = join(around, 'secret')
  mkdirSync(folder)
  mkdirSync(secret)
  writeFileSync(join(secret, 'password.txt'), 'hunter2')
  symlinkSync(secret, join(folder, 'leading-out'))
  symlinkSync(join(secret, 'password.txt'), join(folder, 'file-leading-out'))
  writeFileSync(join(folder, '.hidden'), 'hunter2')
  const made = smallScreen({ plates: ['1', '2'], ...of })
  const store = { path: join(folder, places.store), tile: [8, 8] as const, codec: 'zstd' as const }
  await makeStore(made.screen, { ...order(made), store: { ...store, tile: [8, 8] } }, recorder())
  writeInfer(join(folder, places.infer), made.screen, store.path)
  const output = join(folder, places.train)
  const training = RunDirectory.open(output, {
    verb: 'train',
    config: configSchema.parse({ output }),
  })
  epoch(training, 1)
  return { folder, secret, made, training }
}

/** Writes down an epoch of a training; the loss falls with each. */
export function epoch(run: RunDirectory, number: number): void {
  const overall = metrics(matrix(Float64Array.of(1, 0, 0, 1), 2, 2), Int32Array.of(0, 0))
  run.event({
    type: 'epoch',
    cellType: null,
    epoch: number,
    epochs: 5,
    loss: 3 / number,
    validation: { overall, byCellType: {} },
  })
}

function writeInfer(output: string, screen: Screen, store: string): void {
  const config = configSchema.parse({
    output,
    store: { path: store, tile: [8, 8] },
    prediction: { from: `${output}-training` },
  })
  using run = RunDirectory.open(output, { verb: 'infer', config })
  const classes = 3
  const rows = screen.units.map((_, i) => predictionRow(screen, i))
  // Every fourth well is called the class behind its own.
  const logits = rows.flatMap(({ label }, i) =>
    [0, 1, 2].map((c) =>
      c === ((label ?? 0) + (i % 4 === 3 ? 1 : 0)) % classes ? 1 + (i % 5) : 0,
    ),
  )
  const block = { rows, logits: matrix(Float32Array.from(logits), rows.length, classes) }
  const named = { ...header, classNames: ['none', 'some & many', 'all'], split: 'test' }
  using calls = new CallsWriter(run.path('calls.csv'))
  calls.add('test', named, block)
  calls.finish()
  mkdirSync(run.path('predictions'))
  writePredictions(run.path('predictions', 'test.parquet'), named, block)
  run.finish({ status: 'done', figures: {}, files: [] })
}
