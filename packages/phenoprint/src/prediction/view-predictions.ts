import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import { TableReader } from './parquet/table-reader.js'
import { headerOf, type PredictionHeader } from './prediction-header.js'
import {
  type PredictionRow,
  rowOf,
  unitColumns,
  type ViewRow,
  viewColumns,
  viewOf,
} from './prediction-row.js'
import type { LevelRow } from './view-levels.js'

/** Some views, and what is known of all. */
export interface ViewBlock {
  readonly header: PredictionHeader
  readonly rows: readonly ViewRow[]
  /** `[view, class]` */
  readonly logits: Matrix
}

/** A unit and its views, in the order of the file. */
export interface UnitViews {
  readonly who: PredictionRow
  readonly views: readonly LevelRow[]
}

/** The stored views of one split, one row group a plate. */
export class ViewPredictions implements AsyncDisposable {
  private constructor(
    readonly path: string,
    readonly header: PredictionHeader,
    private readonly table: TableReader,
  ) {}

  /** @throws {PredictionError} when the file is missing, cut off, or not a table of views. */
  static async open(path: string): Promise<ViewPredictions> {
    const table = await TableReader.open(path, Object.keys(viewColumns))
    try {
      return new ViewPredictions(path, headerOf(path, table), table)
    } catch (error) {
      await table.close()
      throw error
    }
  }

  /** How many row groups there are. */
  get groups(): number {
    return this.table.groups.length
  }

  /** Cell types of a row group, one a view, without its logits. */
  async cellTypes(group: number): Promise<string[]> {
    const { cellType = [] } = await this.table.columns(group, ['cellType'])
    return cellType.map(String)
  }

  /** Who the units of a row group are, each once, without their logits. */
  async rows(group: number): Promise<PredictionRow[]> {
    const columns = await this.table.columns(group, Object.keys(unitColumns))
    const { unit = [] } = columns
    return [...unit.keys()]
      .filter((i) => unit[i] !== unit[i - 1])
      .map((i) => rowOf(this.path, columns, i))
  }

  /**
   * The units of a row group with their views, one after another. The views of a unit stand together.
   *
   * @throws {PredictionError} when a page is broken.
   */
  async *units(group: number): AsyncGenerator<UnitViews> {
    let unit: { who: PredictionRow; views: LevelRow[] } | null = null
    for await (const { rows, logits } of this.blocks(group)) {
      for (const [i, { site, tile, symmetry, ...who }] of rows.entries()) {
        if (unit !== null && unit.who.unit !== who.unit) {
          yield unit
          unit = null
        }
        unit ??= { who, views: [] }
        const names = { sites: site, tiles: String(tile), symmetries: symmetry }
        unit.views.push({ ...names, logits: row(logits, i) })
      }
    }
    if (unit !== null) yield unit
  }

  /** The views of a row group, about a megabyte of logits at a time, in order. */
  async *blocks(group: number): AsyncGenerator<ViewBlock> {
    const { header, path } = this
    const columns = await this.table.columns(group, Object.keys(viewColumns))
    let first = 0
    for await (const logits of this.table.blocks(group)) {
      const count = logits.length / header.classes
      const rows = Array.from({ length: count }, (_, i) => viewOf(path, columns, first + i))
      yield { header, rows, logits: matrix(logits, count, header.classes) }
      first += count
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.table.close()
  }
}

/**
 * The views of a split, about a megabyte of logits at a time, in order.
 *
 * @throws {PredictionError} as {@link readPredictions}.
 */
export async function* readViews(path: string): AsyncGenerator<ViewBlock> {
  await using views = await ViewPredictions.open(path)
  for (let group = 0; group < views.groups; group++) yield* views.blocks(group)
}
