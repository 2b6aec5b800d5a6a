import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { SchemaElement } from 'hyparquet'
import { ParquetWriter } from 'hyparquet-writer'
import type { Matrix } from '../evaluation/matrix.js'
import { FileSink } from '../prediction/parquet/file-sink.js'
import type { PredictionRow } from '../prediction/prediction-row.js'
import { diskFault } from '../run/disk-fault.js'
import { commitFile, temporaryName } from '../run/files.js'

const metadata = {
  Metadata_Plate: ({ experiment, plate }) => `${experiment}_${plate}`,
  Metadata_Well: ({ well }) => well,
  Metadata_experiment: ({ experiment }) => experiment,
  Metadata_cell_type: ({ cellType }) => cellType,
  Metadata_role: ({ role }) => role,
  Metadata_label: ({ label }) => (label === null ? '' : String(label)),
  Metadata_unit: ({ unit }) => unit,
  Metadata_code: ({ code }) => code,
} as const satisfies Record<string, (who: PredictionRow) => string>

/**
 * Writes embeddings to Parquet, a row a unit: text columns `Metadata_…`, then one float column a feature,
 * `Embedding_0000` and so on, as pycytominer reads profiles. The file appears whole.
 *
 * @param embeddings `[unit, feature]`.
 * @throws {MachineError} when the file cannot be written.
 */
export function writeEmbeddings(
  path: string,
  rows: readonly PredictionRow[],
  embeddings: Matrix,
): void {
  const part = temporaryName(path)
  const file = openFile(part)
  try {
    const sink = new FileSink(file, path)
    const features = Array.from({ length: embeddings.columns }, (_, i) => featureName(i))
    const parquet = new ParquetWriter({
      writer: sink,
      schema: schemaOf(features),
      codec: 'SNAPPY',
      statistics: false,
      createdBy: 'phenoprint',
    })
    parquet.write({
      columnData: [
        ...Object.entries(metadata).map(([name, textOf]) => ({
          name,
          data: rows.map((who) => textOf(who)),
        })),
        ...features.map((name, c) => ({ name, data: column(embeddings, c) })),
      ],
      rowGroupSize: Math.max(1, rows.length),
    })
    parquet.finish()
    sink.sync()
  } finally {
    closeSync(file)
  }
  commitFile(part, path)
}

/** Name of a feature's column. */
export function featureName(index: number): string {
  return `Embedding_${String(index).padStart(4, '0')}`
}

function openFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true })
    return openSync(path, 'w+')
  } catch (cause) {
    throw diskFault(cause, path)
  }
}

function schemaOf(features: readonly string[]): SchemaElement[] {
  const names = Object.keys(metadata)
  return [
    { name: 'schema', num_children: names.length + features.length },
    ...names.map(
      (name): SchemaElement => ({
        name,
        type: 'BYTE_ARRAY',
        repetition_type: 'REQUIRED',
        converted_type: 'UTF8',
        logical_type: { type: 'STRING' },
      }),
    ),
    ...features.map(
      (name): SchemaElement => ({ name, type: 'FLOAT', repetition_type: 'REQUIRED' }),
    ),
  ]
}

function column(of: Matrix, index: number): Float32Array {
  return Float32Array.from({ length: of.rows }, (_, r) => of.data[r * of.columns + index] ?? 0)
}
