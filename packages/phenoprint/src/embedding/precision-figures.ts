import type { Matrix } from '../evaluation/matrix.js'
import { alignedColumns } from '../evaluation/metrics-table.js'
import { CsvFile } from '../prediction/csv-file.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import type { Reporter } from '../run/reporter.js'
import {
  meanOf,
  type Question,
  replicatePrecisions,
  type TreatmentPrecision,
  treatmentPrecisions,
} from './replicates.js'

/** Means over treatments. */
interface Precision {
  readonly treatments: number
  readonly meanAveragePrecision: number
  readonly meanNormalised: number
}

export type PrecisionFigures = Readonly<
  Record<
    Question,
    { readonly overall: Precision; readonly byCellType: Readonly<Record<string, Precision>> }
  >
>

/** `treatments.csv`: a line a question, cell type and treatment. */
export function treatmentsFile(path: string): CsvFile {
  return new CsvFile(path, [
    'question',
    'cellType',
    'label',
    'replicates',
    'meanAveragePrecision',
    'meanNormalised',
  ])
}

/** Figures of both questions, and the lines of `treatments.csv`. */
export function precisionFigures(
  embeddings: Matrix,
  rows: readonly PredictionRow[],
  reporter: Reporter,
): { readonly figures: PrecisionFigures; readonly lines: string[][] } {
  const lines: string[][] = []
  const queries = rows.filter(({ role, label }) => role === 'treatment' && label !== null).length
  const of = (question: Question) => {
    const progress = reporter.progress(`embed: ${question}`, queries, 'units')
    const precisions = replicatePrecisions(embeddings, rows, question, () => {
      reporter.signal.throwIfAborted()
      progress.advance(1)
    })
    progress.done()
    const treatments = treatmentPrecisions(rows, precisions)
    for (const { cellType, label, replicates, ...means } of treatments) {
      const figures = [means.meanAveragePrecision, means.meanNormalised].map((x) => x.toFixed(6))
      lines.push([question, cellType, String(label), String(replicates), ...figures])
    }
    const names = [...new Set(treatments.map(({ cellType }) => cellType))]
    return {
      overall: summary(treatments),
      byCellType: Object.fromEntries(
        names.map((name) => [
          name,
          summary(treatments.filter(({ cellType }) => cellType === name)),
        ]),
      ),
    }
  }
  const figures = { activity: of('activity'), consistency: of('consistency') }
  return { figures, lines }
}

/** The figures for people. */
export function precisionTable(figures: PrecisionFigures): string[] {
  const cells = [['replicates', 'cell type', 'treatments', 'mean AP', 'above chance']]
  for (const question of ['activity', 'consistency'] as const) {
    const { overall, byCellType } = figures[question]
    for (const [name, of] of [['all', overall] as const, ...Object.entries(byCellType)]) {
      const means = [of.meanAveragePrecision, of.meanNormalised]
      const shown = means.map((value) => (Number.isNaN(value) ? '-' : value.toFixed(4)))
      cells.push([question, name, String(of.treatments), ...shown])
    }
  }
  return alignedColumns(cells, 2)
}

function summary(treatments: readonly TreatmentPrecision[]): Precision {
  return {
    treatments: treatments.length,
    meanAveragePrecision: meanOf(treatments, (of) => of.meanAveragePrecision),
    meanNormalised: meanOf(treatments, (of) => of.meanNormalised),
  }
}
