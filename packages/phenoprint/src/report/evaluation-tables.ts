import type { Interval } from '../evaluation/bootstrap.js'
import type { Metrics } from '../evaluation/metrics.js'
import { alignedColumns } from '../evaluation/metrics-table.js'
import { CsvFile } from '../prediction/csv-file.js'
import type { EvaluatedRun, StepFigures } from './step-figures.js'

const figures = ['accuracy', 'balancedAccuracy', 'top5', 'loss', 'ece'] as const

/** `evaluation.csv`: a line a step and part (all, a cell type, an experiment, a plate). */
export function evaluationFile(path: string): CsvFile {
  return new CsvFile(path, [
    'run',
    'split',
    'step',
    'part',
    'name',
    'units',
    ...figures,
    'accuracyLower',
    'accuracyUpper',
    'gain',
    'gainLower',
    'gainUpper',
  ])
}

/** The lines of a run in `evaluation.csv`; what is not known is empty. */
export function evaluationLines({ run, splits }: EvaluatedRun): string[][] {
  return Object.entries(splits).flatMap(([split, steps]) =>
    steps.flatMap((of) => {
      const line = (part: string, name: string, metrics: Metrics, own: Bounds): string[] => [
        run,
        split,
        of.step,
        part,
        name,
        String(metrics.count),
        ...figures.map((figure) => cell(metrics[figure])),
        ...[own.accuracy?.lower, own.accuracy?.upper].map(cell),
        ...[own.gain?.mean, own.gain?.lower, own.gain?.upper].map(cell),
      ]
      const { accuracyInterval, gain } = of
      return [
        line('all', '', of.overall, { accuracy: accuracyInterval.overall, gain: gain?.overall }),
        ...Object.entries(of.byCellType).map(([name, metrics]) =>
          line('cellType', name, metrics, {
            accuracy: accuracyInterval.byCellType[name],
            gain: gain?.byCellType[name],
          }),
        ),
        ...Object.entries(of.byExperiment).map(([name, metrics]) =>
          line('experiment', name, metrics, {}),
        ),
        ...Object.entries(of.byPlate).map(([name, metrics]) => line('plate', name, metrics, {})),
      ]
    }),
  )
}

interface Bounds {
  readonly accuracy?: Interval | undefined
  readonly gain?: Interval | undefined
}

/** Steps for people: for all units and for each cell type, a line a step. */
export function evaluationTable(heading: string, steps: readonly StepFigures[]): string[] {
  const cellTypes = [...new Set(steps.flatMap(({ byCellType }) => Object.keys(byCellType)))].sort()
  const parts = [null, ...(cellTypes.length > 1 ? cellTypes : [])]
  const cells = [['cell type', 'step', 'rows', 'accuracy', 'interval', 'adds', 'interval', 'loss']]
  for (const part of parts) {
    for (const of of steps) {
      const metrics = part === null ? of.overall : of.byCellType[part]
      const own = part === null ? of.accuracyInterval.overall : of.accuracyInterval.byCellType[part]
      const gain = part === null ? of.gain?.overall : of.gain?.byCellType[part]
      cells.push([
        part ?? 'all',
        of.step,
        String(metrics?.count ?? 0),
        shown(metrics?.accuracy),
        bounds(own),
        signed(gain?.mean),
        bounds(gain, signed),
        shown(metrics?.loss),
      ])
    }
  }
  return [heading, ...alignedColumns(cells, 2).map((line) => `  ${line}`)]
}

/** The accuracy of every experiment and of every plate after each step, for people: a column a step. */
export function partTables(heading: string, steps: readonly StepFigures[]): string[] {
  return (['experiment', 'plate'] as const).flatMap((part) => {
    const of = steps.map(({ byExperiment, byPlate }) =>
      part === 'experiment' ? byExperiment : byPlate,
    )
    const names = [...new Set(of.flatMap((metrics) => Object.keys(metrics)))].sort()
    const cells = names.map((name) => [
      name,
      ...of.map((metrics) => shown(metrics[name]?.accuracy)),
    ])
    const first = [part, ...steps.map(({ step }) => step)]
    return [
      `${heading}: accuracy by ${part}`,
      ...alignedColumns([first, ...cells], 1).map((line) => `  ${line}`),
    ]
  })
}

function cell(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '' : value.toFixed(6)
}

function shown(value: number | undefined): string {
  return value === undefined || !Number.isFinite(value) ? '-' : value.toFixed(4)
}

function signed(value: number | undefined): string {
  const text = shown(value)
  return text === '-' || text.startsWith('-') ? text : `+${text}`
}

function bounds(of: Interval | undefined, write: (value: number) => string = shown): string {
  return of && Number.isFinite(of.lower) ? `${write(of.lower)} to ${write(of.upper)}` : '-'
}
