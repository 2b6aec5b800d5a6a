import { type Matrix, matrix } from '../evaluation/matrix.js'
import { TableReader } from './parquet/table-reader.js'
import { headerOf } from './prediction-header.js'
import { type ViewRow, viewColumns, viewOf } from './prediction-row.js'

/**
 * The views of a split, about a megabyte of logits at a time, in order.
 *
 * @throws {PredictionError} as {@link readPredictions}.
 */
export async function* readViews(
  path: string,
): AsyncGenerator<{ readonly rows: readonly ViewRow[]; readonly logits: Matrix }> {
  await using table = await TableReader.open(path, Object.keys(viewColumns))
  const { classes } = headerOf(path, table)
  for (const group of table.groups.keys()) {
    const columns = await table.columns(group, Object.keys(viewColumns))
    let first = 0
    for await (const logits of table.blocks(group)) {
      const count = logits.length / classes
      const rows = Array.from({ length: count }, (_, i) => viewOf(path, columns, first + i))
      yield { rows, logits: matrix(logits, count, classes) }
      first += count
    }
  }
}
