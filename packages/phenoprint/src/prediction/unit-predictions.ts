import { matrix, row } from '../evaluation/matrix.js'
import { TableReader } from './parquet/table-reader.js'
import { TableWriter } from './parquet/table-writer.js'
import type { PredictedUnits, PredictionBlock } from './predicted-units.js'
import { headerOf, type PredictionHeader, predictionLayout } from './prediction-header.js'
import { type PredictionRow, rowOf, unitColumns, unitColumnsOf } from './prediction-row.js'

/** More gain nothing: it is the processor that is waited for. */
const groupsAtOnce = 2

/** The predictions of one split, a row a unit, one row group a plate. */
export class UnitPredictions implements PredictedUnits {
  private constructor(
    readonly path: string,
    readonly header: PredictionHeader,
    private readonly table: TableReader,
  ) {}

  /** @throws {PredictionError} when the file is missing, cut off, or not a table of predictions. */
  static async open(path: string): Promise<UnitPredictions> {
    const table = await TableReader.open(path, Object.keys(unitColumns))
    try {
      return new UnitPredictions(path, headerOf(path, table), table)
    } catch (error) {
      await table.close()
      throw error
    }
  }

  /** How many row groups there are. */
  get groups(): number {
    return this.table.groups.length
  }

  /** Cell types of a row group, one a row, without its logits. */
  async cellTypes(group: number): Promise<string[]> {
    const { cellType = [] } = await this.table.columns(group, ['cellType'])
    return cellType.map(String)
  }

  /** Who the units of a row group are, without their logits. */
  async rows(group: number): Promise<PredictionRow[]> {
    const columns = await this.table.columns(group, Object.keys(unitColumns))
    return Array.from({ length: this.table.groups[group] ?? 0 }, (_, i) =>
      rowOf(this.path, columns, i),
    )
  }

  /** One row group: with our files, one plate. */
  async block(group: number): Promise<PredictionBlock> {
    return await this.read([group])
  }

  /** All row groups. */
  async all(): Promise<PredictionBlock> {
    return await this.read([...this.table.groups.keys()])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.table.close()
  }

  private async read(groups: readonly number[]): Promise<PredictionBlock> {
    const { classes } = this.header
    let count = 0
    const parts = groups.map((group) => {
      const first = count
      count += this.table.groups[group] ?? 0
      return { group, first, end: count }
    })
    const logits = new Float32Array(count * classes)
    const rows: PredictionRow[][] = []
    const waiting = parts.entries()
    // While one group is read from the disk, another is checked and its columns are made out.
    const work = async () => {
      for (const [i, { group, first, end }] of waiting) {
        const place = logits.subarray(first * classes, end * classes)
        const [of] = await Promise.all([this.rows(group), this.table.fill(group, place)])
        rows[i] = of
      }
    }
    await Promise.all(Array.from({ length: groupsAtOnce }, work))
    return { rows: rows.flat(), logits: matrix(logits, count, classes) }
  }
}

/**
 * Writes a whole table of predictions, one row group a plate.
 *
 * @param header Its number of classes is that of the logits' columns.
 * @throws {ShapeError} when it is not.
 * @throws {MachineError} when the file cannot be written.
 */
export function writePredictions(
  path: string,
  header: PredictionHeader,
  { rows, logits }: PredictionBlock,
): void {
  using writer = new TableWriter(path, predictionLayout(unitColumns, header, 'float32'), null)
  let plate: PredictionRow[] = []
  rows.forEach((who, index) => {
    const [first] = plate
    if (first !== undefined && (first.plate !== who.plate || first.experiment !== who.experiment)) {
      writer.endGroup(unitColumnsOf(plate))
      plate = []
    }
    writer.addRow(row(logits, index))
    plate.push(who)
  })
  writer.endGroup(unitColumnsOf(plate))
  writer.finish()
}

/**
 * A whole file of predictions at once.
 *
 * @throws {PredictionError} as {@link UnitPredictions.open}, or when a page is broken.
 */
export async function readPredictions(
  path: string,
): Promise<PredictionBlock & { readonly header: PredictionHeader }> {
  await using file = await UnitPredictions.open(path)
  return { header: file.header, ...(await file.all()) }
}
