import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Config, configSchema } from '../config/config.js'
import type { Reporter } from '../run/reporter.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { TableWriter } from './parquet/table-writer.js'
import { type PredictionHeader, predictionLayout } from './prediction-header.js'
import { type PredictionRow, unitColumns, unitColumnsOf } from './prediction-row.js'

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

/** Writes a file of predictions, one row group a plate. */
export function writePredictions(path: string, rows: readonly GivenRow[], of = header): void {
  mkdirSync(dirname(path), { recursive: true })
  const writer = new TableWriter(path, predictionLayout(unitColumns, of, 'float32'), '')
  let plate: PredictionRow[] = []
  for (const { who, logits } of rows) {
    if (plate[0] !== undefined && plate[0].plate !== who.plate) {
      writer.endGroup(unitColumnsOf(plate))
      plate = []
    }
    writer.addRow(logits)
    plate.push(who)
  }
  writer.endGroup(unitColumnsOf(plate))
  writer.finish()
}

/** A finished run of infer with predictions for some splits. */
export function writeInferRun(
  folder: string,
  splits: Readonly<Record<string, readonly GivenRow[]>>,
  of = header,
): string {
  const config: Config = configSchema.parse({ output: folder })
  using run = RunDirectory.open(folder, { verb: 'infer', config })
  for (const [split, rows] of Object.entries(splits)) {
    writePredictions(join(folder, 'predictions', `${split}.parquet`), rows, { ...of, split })
  }
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
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
