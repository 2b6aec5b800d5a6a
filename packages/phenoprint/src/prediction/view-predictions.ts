import { type Matrix, matrix } from '../evaluation/matrix.js'
import { TableReader } from './parquet/table-reader.js'
import { headerOf, type PredictionHeader } from './prediction-header.js'
import { type ViewRow, viewColumns, viewOf } from './prediction-row.js'

/** Some views, and what is known of all. */
export interface ViewBlock {
  readonly header: PredictionHeader
  readonly rows: readonly ViewRow[]
  /** `[view, class]` */
  readonly logits: Matrix
}

/**
 * The views of a split, about a megabyte of logits at a time, in order.
 *
 * @throws {PredictionError} as {@link readPredictions}.
 */
export async function* readViews(path: string): AsyncGenerator<ViewBlock> {
  await using table = await TableReader.open(path, Object.keys(viewColumns))
  const header = headerOf(path, table)
  const { classes } = header
  for (const group of table.groups.keys()) {
    const columns = await table.columns(group, Object.keys(viewColumns))
    let first = 0
    for await (const logits of table.blocks(group)) {
      const count = logits.length / classes
      const rows = Array.from({ length: count }, (_, i) => viewOf(path, columns, first + i))
      yield { header, rows, logits: matrix(logits, count, classes) }
      first += count
    }
  }
}
