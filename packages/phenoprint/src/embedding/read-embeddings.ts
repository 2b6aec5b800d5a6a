import { asyncBufferFromFile, parquetMetadataAsync, parquetScan } from 'hyparquet'
import { PredictionError } from '../errors.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'

const prefix = 'Metadata_'

/** Embeddings of a run of embed. */
export interface StoredEmbeddings {
  /** `[row]`, ids of units. */
  readonly units: readonly string[]
  /** `[row, feature]` */
  readonly embeddings: Matrix
  /** `[row]` of each text column, by its name less `Metadata_`: of embed `cell_type`, `experiment`, `label`, … */
  readonly metadata: ReadonlyMap<string, readonly string[]>
}

/**
 * Reads `embeddings.parquet`, of embed or of another program that kept `Metadata_unit`.
 *
 * @throws {PredictionError} when the file is missing or broken, or has no such column or no feature.
 */
export async function readEmbeddings(path: string): Promise<StoredEmbeddings> {
  try {
    return await readColumns(path)
  } catch (cause) {
    if (cause instanceof PredictionError) throw cause
    throw new PredictionError(
      `embeddings: cannot read ${path}. Run phenoprint embed, or check the path of the run.`,
      { cause },
    )
  }
}

async function readColumns(path: string): Promise<StoredEmbeddings> {
  const file = await asyncBufferFromFile(path)
  const layout = await parquetMetadataAsync(file)
  const scan = await parquetScan({ file, metadata: layout })
  const names = layout.schema.slice(1).map(({ name }) => name)
  const features = names.filter((name) => !name.startsWith(prefix))
  if (!names.includes('Metadata_unit') || features.length === 0) {
    throw new PredictionError(
      `embeddings: ${path} has columns ${names.slice(0, 12).join(', ')}${names.length > 12 ? ', …' : ''}, expected Metadata_unit and features. Run phenoprint embed.`,
    )
  }
  const rows = Number(layout.num_rows)
  const read = async (column: string): Promise<ArrayLike<unknown>> =>
    await scan.readColumn({ column, rowStart: 0, rowEnd: rows })
  const metadata = new Map<string, readonly string[]>()
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    metadata.set(name.slice(prefix.length), Array.from(await read(name), String))
  }
  const data = new Float32Array(rows * features.length)
  for (const [c, name] of features.entries()) {
    const values = await read(name)
    for (let r = 0; r < rows; r++) data[r * features.length + c] = Number(values[r])
  }
  const embeddings = matrix(data, rows, features.length)
  return { units: metadata.get('unit') ?? [], embeddings, metadata }
}
