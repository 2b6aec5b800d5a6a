import { type FileHandle, open } from 'node:fs/promises'
import { endianness } from 'node:os'
import { type FileMetaData, parquetMetadataAsync, parquetScan } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { PredictionError } from '../../errors.js'
import { AheadBuffer } from './ahead-buffer.js'
import { fromHalves } from './half.js'
import { type Columns, creator, listColumn } from './layout.js'
import { type Levels, listLevels, pageChecksum } from './list-pages.js'

/** More than any page header that `writeListPage` makes. */
const headerBytes = 256

/** Columns that lie within this many bytes are read at once. */
const aheadBytes = 1 << 22

/** Where so many numbers are to go. */
type Place = (count: number) => Float32Array<ArrayBuffer>

/** What a page's header says, and where its numbers lie. */
interface PageHead {
  readonly offset: number
  readonly rows: number
  readonly levels: Levels
  readonly singles: boolean
  readonly crc: number | undefined
  /** Byte of the file at which the numbers begin. */
  readonly values: number
  /** Byte of the file behind the page. */
  readonly next: number
}

/**
 * Reads a table of rows with logits, group by group and block by block. Files of `TableWriter` are
 * read in a few megabytes whatever their size, and every page's checksum is verified; tables that
 * another program wrote are read with the logits of one row group at a time in memory.
 */
export class TableReader {
  private scan: ReturnType<typeof parquetScan> | null = null
  /** By rows of a page: most have as many. */
  private readonly levels = new Map<number, Levels>()

  private constructor(
    readonly path: string,
    private readonly handle: FileHandle,
    private readonly buffer: AheadBuffer,
    private readonly parquet: FileMetaData,
    /** Length of each row's list. */
    readonly classes: number,
  ) {}

  /**
   * @param columns Names that the table must have.
   * @throws {PredictionError} when there is no such file, it is cut off or not Parquet, or a column is missing.
   */
  static async open(path: string, columns: readonly string[]): Promise<TableReader> {
    const handle = await open(path, 'r').catch((cause: unknown) => {
      throw new PredictionError(
        `predictions: cannot read ${path}. Run phenoprint infer, or check the path of the run.`,
        { cause },
      )
    })
    try {
      const { size } = await handle.stat()
      const buffer = new AheadBuffer(handle, size)
      const parquet = await parquetMetadataAsync(buffer).catch((cause: unknown) => {
        throw new PredictionError(
          `predictions: ${path} (${size} bytes) is not a whole Parquet file: it is cut off or broken. Delete it and run phenoprint infer again.`,
          { cause },
        )
      })
      checkColumns(path, parquet, columns)
      return new TableReader(path, handle, buffer, parquet, listLength(path, parquet))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Rows of each row group. */
  get groups(): readonly number[] {
    return this.parquet.row_groups.map(({ num_rows }) => Number(num_rows))
  }

  /** Key-value metadata of the file. */
  get metadata(): Readonly<Record<string, string>> {
    const entries = this.parquet.key_value_metadata ?? []
    return Object.fromEntries(entries.map(({ key, value }) => [key, value ?? '']))
  }

  /** The other columns of a row group. */
  async columns(group: number, names: readonly string[]): Promise<Columns> {
    const read = async () => await Promise.all(names.map((name) => this.column(group, name)))
    const { start, end } = this.extent(group, names)
    const near = start < end && end - start <= aheadBytes && end <= this.buffer.byteLength
    const values = near ? await this.buffer.ahead(start, end, read) : await read()
    return Object.fromEntries(
      names.map((name, i) => [name, Array.from(values[i] ?? [], (value) => cell(value))]),
    )
  }

  /** Logits of a row group, about a megabyte at a time, `[row, class]` flat and in order. */
  async *blocks(group: number): AsyncGenerator<Float32Array> {
    yield* this.parts(group, (count) => new Float32Array(count))
  }

  /**
   * All logits of a row group, into an array that is there: the numbers of our own files go from the
   * disk to their place.
   *
   * @param target `[row, class]` flat.
   * @throws {PredictionError} when the group is broken, or has other rows than the target.
   */
  async fill(group: number, target: Float32Array<ArrayBuffer>): Promise<void> {
    let filled = 0
    const place: Place = (count) => {
      filled += count
      if (filled > target.length) throw this.broken(group, 'it has more rows than its header says')
      return target.subarray(filled - count, filled)
    }
    for await (const _ of this.parts(group, place));
    if (filled < target.length) throw this.broken(group, 'it has fewer rows than its header says')
  }

  async close(): Promise<void> {
    await this.handle.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  private parts(group: number, place: Place): AsyncGenerator<Float32Array> {
    const own = this.parquet.created_by === creator && endianness() === 'LE'
    return own ? this.pages(group, place) : this.foreignRows(group, place)
  }

  private async *pages(group: number, place: Place): AsyncGenerator<Float32Array> {
    const chunk = this.parquet.row_groups[group]?.columns.at(-1)?.meta_data
    if (chunk === undefined) throw this.broken(group, 'it has no column of logits')
    const start = Number(chunk.data_page_offset)
    const end = start + Number(chunk.total_compressed_size)
    for (let offset = start; offset < end; ) {
      const head = await this.pageHead(group, offset, end, chunk.type === 'FLOAT')
      yield await this.pageNumbers(group, head, place)
      offset = head.next
    }
  }

  private async pageHead(
    group: number,
    offset: number,
    end: number,
    singles: boolean,
  ): Promise<PageHead> {
    const head = await this.bytes(group, offset, Math.min(headerBytes, end - offset))
    const reader = { view: new DataView(head.buffer), offset: 0 }
    const header = this.guarded(group, () => parquetHeader(reader))
    const rows = header.data_page_header_v2?.num_rows ?? 0
    const levels = this.levels.get(rows) ?? listLevels(rows, this.classes)
    this.levels.set(rows, levels)
    const levelBytes = levels.repetition.byteLength + levels.definition.byteLength
    const valueBytes = rows * this.classes * (singles ? 4 : 2)
    if (rows === 0 || header.compressed_page_size !== levelBytes + valueBytes) {
      throw this.broken(group, `a page at byte ${offset} is not of the size its rows need`)
    }
    const values = offset + reader.offset + levelBytes
    return { offset, rows, levels, singles, crc: header.crc, values, next: values + valueBytes }
  }

  private async pageNumbers(
    group: number,
    { offset, rows, levels, singles, crc, values, next }: PageHead,
    place: Place,
  ): Promise<Float32Array> {
    const numbers = place(rows * this.classes)
    const bytes = singles
      ? new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)
      : new Uint8Array(next - values)
    await this.read(group, values, bytes)
    // Levels follow from the shape; that those of the file are the same is part of the checksum.
    if (pageChecksum(levels, bytes) !== crc) {
      throw this.broken(group, `the checksum of the page at byte ${offset} does not match`)
    }
    if (!singles) numbers.set(fromHalves(new Uint16Array(bytes.buffer)))
    return numbers
  }

  private async *foreignRows(group: number, place: Place): AsyncGenerator<Float32Array> {
    const lists = await this.column(group, listColumn)
    const rowsAtOnce = Math.max(1, Math.floor((1 << 18) / this.classes))
    for (let first = 0; first < lists.length; first += rowsAtOnce) {
      const count = Math.min(rowsAtOnce, lists.length - first)
      const block = place(count * this.classes)
      for (let r = 0; r < count; r++) {
        const list: unknown = lists[first + r]
        if (!isNumbers(list) || list.length !== this.classes) {
          throw this.broken(group, `row ${first + r} has not ${this.classes} numbers`)
        }
        block.set(list, r * this.classes)
      }
      yield block
    }
  }

  /** Where in the file some columns of a row group lie. */
  private extent(group: number, names: readonly string[]): { start: number; end: number } {
    let [start, end] = [Number.POSITIVE_INFINITY, 0]
    for (const { meta_data } of this.parquet.row_groups[group]?.columns ?? []) {
      if (meta_data === undefined || !names.includes(meta_data.path_in_schema[0] ?? '')) continue
      const first = Number(meta_data.dictionary_page_offset ?? meta_data.data_page_offset)
      start = Math.min(start, first)
      end = Math.max(end, first + Number(meta_data.total_compressed_size))
    }
    return { start, end }
  }

  private async column(group: number, name: string): Promise<ArrayLike<unknown>> {
    const rowStart = this.groups.slice(0, group).reduce((sum, rows) => sum + rows, 0)
    const rowEnd = rowStart + (this.groups[group] ?? 0)
    try {
      this.scan ??= parquetScan({ file: this.buffer, metadata: this.parquet })
      return await (await this.scan).readColumn({ column: name, rowStart, rowEnd })
    } catch (cause) {
      throw this.broken(group, `its column ${name} cannot be read`, cause)
    }
  }

  private async bytes(
    group: number,
    position: number,
    count: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count)
    await this.read(group, position, bytes)
    return bytes
  }

  private async read(group: number, position: number, bytes: Uint8Array): Promise<void> {
    const count = bytes.byteLength
    for (let done = 0; done < count; ) {
      const { bytesRead } = await this.handle.read(bytes, done, count - done, position + done)
      if (bytesRead === 0) throw this.broken(group, `it ends at byte ${position + done}`)
      done += bytesRead
    }
  }

  private guarded<T>(group: number, work: () => T): T {
    try {
      return work()
    } catch (cause) {
      throw this.broken(group, 'a page header cannot be read', cause)
    }
  }

  private broken(group: number, how: string, cause?: unknown): PredictionError {
    return new PredictionError(
      `predictions: row group ${group} of ${this.path} is broken: ${how}. Delete the file and run phenoprint infer again.`,
      { cause },
    )
  }
}

function checkColumns(path: string, parquet: FileMetaData, columns: readonly string[]): void {
  const children = parquet.row_groups[0]?.columns.map(
    ({ meta_data }) => meta_data?.path_in_schema[0],
  )
  const there = new Set(children ?? parquet.schema.map(({ name }) => name))
  const missing = [...columns, listColumn].filter((name) => !there.has(name))
  if (missing.length > 0) {
    throw new PredictionError(
      `predictions: ${path} has no column ${missing.join(', ')}; it has ${[...there].join(', ')}. docs/formats-predictions.md lists the columns.`,
    )
  }
}

/** Length of the lists, by the count of numbers in each group. */
function listLength(path: string, parquet: FileMetaData): number {
  const lengths = parquet.row_groups.map(({ columns, num_rows }) => {
    const chunk = columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === listColumn)
    return Number(chunk?.meta_data?.num_values ?? 0) / Number(num_rows)
  })
  const [first = 0] = lengths
  if (!lengths.every((length) => length === first && Number.isInteger(length))) {
    throw new PredictionError(
      `predictions: rows of ${path} have logits of different lengths; expected one for each class in every row.`,
    )
  }
  return first
}

function cell(value: unknown): string | number | null {
  if (typeof value === 'string' || typeof value === 'number') return value
  if (typeof value === 'bigint') return Number(value)
  return null
}

function isNumbers(list: unknown): list is number[] {
  return Array.isArray(list) && list.every((value) => typeof value === 'number')
}
