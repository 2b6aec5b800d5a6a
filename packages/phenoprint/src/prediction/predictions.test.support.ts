import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Config, configSchema } from '../config/config.js'
import { matrix } from '../evaluation/matrix.js'
import type { Reporter } from '../run/reporter.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { TableWriter } from './parquet/table-writer.js'
import { type PredictionHeader, predictionLayout } from './prediction-header.js'
import { type PredictionRow, unitColumnsOf, viewColumns } from './prediction-row.js'
import { writePredictions } from './unit-predictions.js'

/** A row and its logits. */
export interface GivenRow {
  readonly who: PredictionRow
  readonly logits: readonly number[]
}

export const header: PredictionHeader = {
  version: 1,
  screen: 'cells',
  synthetic: false,
  split: 'test',
  classes: 3,
  classNames: ['none', 'some, many', 'all'],
  scores: 'logits',
  reduce: 'logitMean',
  symmetries: ['identity'],
}

function writeRows(path: string, rows: readonly GivenRow[], of: PredictionHeader): void {
  mkdirSync(dirname(path), { recursive: true })
  const data = Float64Array.from(rows.flatMap(({ logits }) => logits))
  const block = { rows: rows.map(({ who }) => who), logits: matrix(data, rows.length, of.classes) }
  writePredictions(path, of, block)
}

/** A finished run of infer with predictions for some splits; `training` is the run of its network. */
export function writeInferRun(
  folder: string,
  splits: Readonly<Record<string, readonly GivenRow[]>>,
  of = header,
  training = `${folder}-training`,
): string {
  const prediction = { from: training }
  const config: Config = configSchema.parse({ output: folder, prediction })
  using run = RunDirectory.open(folder, { verb: 'infer', config })
  for (const [split, rows] of Object.entries(splits)) {
    writeRows(join(folder, 'predictions', `${split}.parquet`), rows, { ...of, split })
  }
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
}

/** A view of a unit and its logits. */
export interface GivenView extends GivenRow {
  readonly site: string
  readonly tile: number
  readonly symmetry: string
}

/** Gives a run of infer the views of a split, one row group a plate. */
export function writeViews(
  run: string,
  split: string,
  views: readonly GivenView[],
  of = header,
): void {
  const path = join(run, 'predictions', `${split}.views.parquet`)
  using writer = new TableWriter(path, predictionLayout(viewColumns, of, 'float32'), null)
  for (const plate of new Set(views.map(({ who }) => who.plate))) {
    const own = views.filter(({ who }) => who.plate === plate)
    for (const { logits } of own) writer.addRow(logits)
    writer.endGroup({
      ...unitColumnsOf(own.map(({ who }) => who)),
      site: own.map(({ site }) => site),
      tile: own.map(({ tile }) => tile),
      symmetry: own.map(({ symmetry }) => symmetry),
    })
  }
  writer.finish()
}

/** A reporter that keeps what it was told. */
export function listeningReporter(): { readonly reporter: Reporter; readonly lines: string[] } {
  const lines: string[] = []
  return { lines, reporter: { ...silentReporter, say: (line) => lines.push(line) } }
}

/** A unit on one of four plates: two of HUVEC (an experiment each), two of U2OS (one experiment). */
export function unitRow(index: number, label: number | null): PredictionRow {
  const plate = index % 4
  const cellType = plate < 2 ? 'HUVEC' : 'U2OS'
  const experiment = plate < 2 ? `HUVEC-0${plate}` : 'U2OS-01'
  const well = `B${String(index).padStart(2, '0')}`
  const unit = `${experiment}/${plate}/${well}`
  return {
    unit,
    code: `id ${index}`,
    experiment,
    plate: `${plate}`,
    well,
    cellType,
    role: 'treatment',
    label,
  }
}
