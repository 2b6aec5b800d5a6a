import { z } from 'zod'
import { reductions } from '../config/averaging.js'
import { symmetries as symmetryNames } from '../config/batches.js'
import { PredictionError } from '../errors.js'
import type { ColumnKinds, TableLayout } from './parquet/layout.js'
import type { TableReader } from './parquet/table-reader.js'

const headerSchema = z.object({
  version: z.literal(1),
  screen: z.string(),
  synthetic: z.boolean(),
  split: z.string(),
  classes: z.int().positive(),
  classNames: z.array(z.string()).nullable(),
  /** `ranks` where a reduction made ranks of the logits: their softmax is not a probability. */
  scores: z.enum(['logits', 'ranks']),
  reduce: z.enum(reductions).nullable(),
  symmetries: z.array(z.enum(symmetryNames)),
})

/** What all rows of a file have in common; the file's metadata carries it as JSON. */
export type PredictionHeader = z.output<typeof headerSchema>

const headerKey = 'phenoprint'

/** Layout of a file of predictions. */
export function predictionLayout(
  columns: ColumnKinds,
  header: PredictionHeader,
  precision: TableLayout['precision'],
): TableLayout {
  const metadata = { [headerKey]: JSON.stringify(header) }
  return { columns, classes: header.classes, precision, metadata }
}

/**
 * The header of a table. Files that another program wrote carry none: then nothing but the count of
 * classes is known.
 *
 * @throws {PredictionError} when the header is of another version, or does not fit the rows.
 */
export function headerOf(path: string, table: TableReader): PredictionHeader {
  const text = table.metadata[headerKey]
  if (text === undefined && table.classes > 0) {
    return {
      version: 1,
      screen: '',
      synthetic: false,
      split: '',
      classes: table.classes,
      classNames: null,
      scores: 'logits',
      reduce: null,
      symmetries: [],
    }
  }
  const header = headerSchema.safeParse(parseJson(text))
  if (!header.success || (table.groups.length > 0 && header.data.classes !== table.classes)) {
    throw new PredictionError(
      `predictions: the metadata of ${path} is not that of predictions: it was made by another version, or changed. Run phenoprint infer again.`,
      { cause: header.error },
    )
  }
  return header.data
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}
