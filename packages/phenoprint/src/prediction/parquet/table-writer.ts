import { closeSync, existsSync, openSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type ColumnChunk, parquetMetadata, type RowGroup } from 'hyparquet'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { ShapeError } from '../../errors.js'
import { diskFault } from '../../run/disk-fault.js'
import { commitFile, writeFileAtomic } from '../../run/files.js'
import { FileSink } from './file-sink.js'
import { toHalves } from './half.js'
import { type Columns, creator, listPath, parquetSchema, type TableLayout } from './layout.js'
import { writeListPage } from './list-pages.js'

/** Bytes of numbers in a page: what reading or writing holds at once. */
const pageBytes = 1 << 20
const partial = '.partial'
const footer = '.footer'
/** In a file's metadata, what its rows were made from. */
export const sourceKey = 'phenoprint.source'

/**
 * Writes a table to Parquet as its rows come, one row group after another, in about two megabytes of
 * memory whatever its size. Until `finish` the rows lie in `<path>.partial` and the footer of the
 * groups that are whole in `<path>.footer`: a writer opened again after a kill goes on behind the
 * last whole group. Without a source, all is made again after a kill.
 */
export class TableWriter {
  private readonly file: number
  private readonly sink: FileSink
  private readonly parquet: ParquetWriter
  private readonly page: Float32Array
  private pageRows = 0
  private chunkStart: number
  private chunkRows = 0
  private closed = false

  /**
   * @param source What the rows are made from: groups made from something else are not kept. Null
   *   keeps none, which is quicker: only the whole file is waited for.
   * @throws {MachineError} when the file cannot be written.
   */
  constructor(
    private readonly path: string,
    private readonly layout: TableLayout,
    private readonly source: string | null,
  ) {
    const groups = source === null ? [] : keptGroups(path, source)
    if (source === null) rmSync(path + footer, { force: true })
    const rowBytes = layout.classes * bytesOf(layout)
    this.page = new Float32Array(Math.max(1, Math.floor(pageBytes / rowBytes)) * layout.classes)
    try {
      this.file = openSync(path + partial, groups.length > 0 ? 'r+' : 'w+')
    } catch (cause) {
      throw diskFault(cause, path + partial)
    }
    this.sink = new FileSink(this.file, path)
    this.parquet = newParquet(this.sink, layout, source)
    this.parquet.row_groups = groups
    if (groups.length > 0) this.sink.rewind(endOf(groups))
    this.chunkStart = this.sink.offset
  }

  /** Row groups that are whole. */
  get groups(): number {
    return this.parquet.row_groups.length
  }

  /** Forgets all groups but the first `count`. */
  keep(count: number): void {
    this.parquet.row_groups = this.parquet.row_groups.slice(0, count)
    this.pageRows = 0
    this.chunkRows = 0
    this.sink.rewind(endOf(this.parquet.row_groups))
    this.chunkStart = this.sink.offset
  }

  /** Takes the logits of one row, `[class]`. */
  addRow(logits: ArrayLike<number>): void {
    const { classes } = this.layout
    if (logits.length !== classes) {
      throw new ShapeError(
        `${this.path}: got a row of ${logits.length} logits, expected ${classes}`,
      )
    }
    this.page.set(logits, this.pageRows * classes)
    this.pageRows++
    if ((this.pageRows + 1) * classes > this.page.length) this.writePage()
  }

  /**
   * Ends a row group with the other columns of the rows taken since the last one, and hands it to the disk.
   *
   * @throws {ShapeError} when a column has not one value a row.
   */
  endGroup(columns: Columns): void {
    this.writePage()
    const rows = this.chunkRows
    for (const name of Object.keys(this.layout.columns)) {
      const count = columns[name]?.length ?? 0
      if (count !== rows) {
        throw new ShapeError(`${this.path}: got ${count} values of ${name} for ${rows} rows`)
      }
    }
    if (rows === 0) return
    const chunk = this.listChunk()
    this.parquet.write({
      columnData: Object.keys(this.layout.columns).map((name) => ({
        name,
        data: [...(columns[name] ?? [])],
        offsetIndex: false,
      })),
      rowGroupSize: rows,
    })
    const group = this.parquet.row_groups.at(-1)
    if (group !== undefined && chunk.meta_data !== undefined) {
      group.columns.push(chunk)
      group.total_byte_size += chunk.meta_data.total_uncompressed_size
      group.total_compressed_size = BigInt(this.sink.offset - this.chunkStart)
    }
    this.parquet.pendingIndexes = []
    if (this.source !== null) {
      this.sink.sync()
      writeFileAtomic(this.path + footer, this.footerBytes())
    }
    this.chunkStart = this.sink.offset
    this.chunkRows = 0
  }

  /** Writes the footer and puts the file in its place. The writer is closed. */
  finish(): void {
    const groups = this.parquet.row_groups
    this.parquet.num_rows = groups.reduce((sum, { num_rows }) => sum + num_rows, 0n)
    this.parquet.finish()
    this.sink.sync()
    this.close()
    commitFile(this.path + partial, this.path)
    rmSync(this.path + footer, { force: true })
  }

  /** Closes the file; whole groups stay for the next writer. */
  close(): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.file)
  }

  [Symbol.dispose](): void {
    this.close()
  }

  private writePage(): void {
    if (this.pageRows === 0) return
    const { classes, precision } = this.layout
    const numbers = this.page.subarray(0, this.pageRows * classes)
    const stored = precision === 'float16' ? toHalves(numbers) : numbers
    const bytes = new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength)
    writeListPage(this.sink, bytes, this.pageRows, classes)
    this.chunkRows += this.pageRows
    this.pageRows = 0
  }

  private listChunk(): ColumnChunk {
    const size = BigInt(this.sink.offset - this.chunkStart)
    return {
      file_offset: BigInt(this.chunkStart),
      meta_data: {
        type: this.layout.precision === 'float32' ? 'FLOAT' : 'FIXED_LEN_BYTE_ARRAY',
        encodings: ['PLAIN', 'RLE'],
        path_in_schema: listPath,
        codec: 'UNCOMPRESSED',
        num_values: BigInt(this.chunkRows * this.layout.classes),
        total_uncompressed_size: size,
        total_compressed_size: size,
        data_page_offset: BigInt(this.chunkStart),
      },
    }
  }

  /** A Parquet file without its rows: only what a later writer has to know. */
  private footerBytes(): Uint8Array {
    const bytes = new ByteWriter()
    const parquet = newParquet(bytes, this.layout, this.source)
    parquet.row_groups = this.parquet.row_groups
    parquet.finish()
    return bytes.getBytes()
  }
}

function newParquet(writer: ByteWriter, layout: TableLayout, source: string | null): ParquetWriter {
  const metadata = { ...layout.metadata, ...(source !== null && { [sourceKey]: source }) }
  return new ParquetWriter({
    writer,
    schema: parquetSchema(layout),
    codec: 'SNAPPY',
    statistics: false,
    kvMetadata: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    createdBy: creator,
  })
}

/** Row groups that an earlier writer left whole; none where anything about them is in doubt. */
function keptGroups(path: string, source: string): RowGroup[] {
  if (!existsSync(path + footer) || !existsSync(path + partial)) return []
  try {
    const metadata = parquetMetadata(Uint8Array.from(readFileSync(path + footer)).buffer)
    const kept = metadata.key_value_metadata?.find(({ key }) => key === sourceKey)?.value
    const whole = statSync(path + partial).size >= endOf(metadata.row_groups)
    return kept === source && whole ? metadata.row_groups : []
  } catch {
    return []
  }
}

/** Where the next row group begins. */
function endOf(groups: readonly RowGroup[]): number {
  const last = groups.at(-1)
  const size = Number(last?.total_compressed_size ?? 0)
  const first = last?.columns.at(-1)?.meta_data?.data_page_offset
  return first === undefined ? 'PAR1'.length : Number(first) + size
}

function bytesOf({ precision }: TableLayout): number {
  return precision === 'float32' ? 4 : 2
}
