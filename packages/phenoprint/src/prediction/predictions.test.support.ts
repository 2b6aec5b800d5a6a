import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Config, configSchema } from '../config/config.js'
import { matrix } from '../evaluation/matrix.js'
import type { Reporter } from '../run/reporter.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import type { PredictionHeader } from './prediction-header.js'
import type { PredictionRow } from './prediction-row.js'
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

/** A finished run of infer with predictions for some splits. */
export function writeInferRun(
  folder: string,
  splits: Readonly<Record<string, readonly GivenRow[]>>,
  of = header,
): string {
  const config: Config = configSchema.parse({ output: folder })
  using run = RunDirectory.open(folder, { verb: 'infer', config })
  for (const [split, rows] of Object.entries(splits)) {
    writeRows(join(folder, 'predictions', `${split}.parquet`), rows, { ...of, split })
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
