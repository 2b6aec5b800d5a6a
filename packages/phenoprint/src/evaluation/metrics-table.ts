import type { Metrics, MetricsByCellType } from './metrics.js'

/** One line of the table: a model, or an ensemble. */
export interface MetricsRow {
  readonly name: string
  readonly metrics: MetricsByCellType
}

const columns = ['units', 'accuracy', 'balanced', 'top 5', 'loss', 'ece']

/**
 * Metrics for people: below a heading, for all units and for each cell type one line a model, in
 * columns that align. Cell types are left out when there is only one.
 *
 * @returns Lines without line ends; figures that are not known are `-`.
 */
export function metricsTable(heading: string, rows: readonly MetricsRow[]): string[] {
  const cellTypes = [
    ...new Set(rows.flatMap(({ metrics }) => Object.keys(metrics.byCellType))),
  ].sort()
  const groups = cellTypes.length > 1 ? ['all', ...cellTypes] : ['all']
  const cells = [['cell type', 'model', ...columns]]
  for (const group of groups) {
    for (const { name, metrics } of rows) {
      const figures = group === 'all' ? metrics.overall : metrics.byCellType[group]
      cells.push([group, name, ...figureCells(figures)])
    }
  }
  const shown = rows.length > 1 ? cells : cells.map(([group = '', , ...rest]) => [group, ...rest])
  const firstFigure = rows.length > 1 ? 2 : 1
  return [heading, ...alignedColumns(shown, firstFigure).map((line) => `  ${line}`)]
}

function figureCells(metrics: Metrics | undefined): string[] {
  if (metrics === undefined || metrics.count === 0) return ['0', ...columns.slice(1).map(() => '-')]
  const { count, accuracy, balancedAccuracy, top5, loss, ece } = metrics
  const figures = [accuracy, balancedAccuracy, top5, loss, ece]
  return [String(count), ...figures.map((x) => (Number.isNaN(x) ? '-' : x.toFixed(4)))]
}

/** Text columns stand left, figures (from column `firstFigure` on) right. */
export function alignedColumns(
  cells: readonly (readonly string[])[],
  firstFigure: number,
): string[] {
  const widths = (cells[0] ?? []).map((_, i) =>
    Math.max(...cells.map((line) => (line[i] ?? '').length)),
  )
  return cells.map((line) =>
    line
      .map((cell, i) =>
        i < firstFigure ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  )
}
