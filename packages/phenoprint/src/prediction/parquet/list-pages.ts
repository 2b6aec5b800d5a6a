import { crc32 } from 'node:zlib'
import type { Writer } from 'hyparquet-writer'
import { writePageHeader } from 'hyparquet-writer/src/datapage.js'

/**
 * Data pages of a column of lists that all have the same length, as Parquet's format calls for
 * (version 2 pages, plain values, no compression, CRC-32). The lists need no record of their shape
 * beyond two runs of levels a row, so a page is little more than the numbers themselves: they can
 * be written as they come and read straight into a typed array.
 *
 * @see https://parquet.apache.org/docs/file-format/nestedencoding/
 */
export interface Levels {
  /** 0 where a list starts, 1 where it goes on. */
  readonly repetition: Uint8Array
  /** 1 throughout: no list is empty. */
  readonly definition: Uint8Array
}

/** Levels of `rows` lists of `length` numbers, as runs (bit width 1). */
export function listLevels(rows: number, length: number): Levels {
  const list = length === 1 ? run(1, 0) : [...run(1, 0), ...run(length - 1, 1)]
  const repetition = length === 1 ? run(rows, 0) : Array.from({ length: rows }, () => list).flat()
  return {
    repetition: Uint8Array.from(repetition),
    definition: Uint8Array.from(run(rows * length, 1)),
  }
}

/** A run of the RLE/bit-packed hybrid encoding: twice the count as a variable-length integer, then the value. */
function run(count: number, value: number): number[] {
  const bytes: number[] = []
  let rest = count * 2
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return [...bytes, rest, value]
}

/** Checksum of a page's bytes, as its header carries it. */
export function pageChecksum({ repetition, definition }: Levels, values: Uint8Array): number {
  return crc32(values, crc32(definition, crc32(repetition))) | 0
}

/**
 * Appends a page.
 *
 * @param values The numbers of all rows, little-endian.
 * @returns Bytes written, header included.
 */
export function writeListPage(
  writer: Writer,
  values: Uint8Array,
  rows: number,
  length: number,
): number {
  const start = writer.offset
  const levels = listLevels(rows, length)
  const { repetition, definition } = levels
  const size = repetition.byteLength + definition.byteLength + values.byteLength
  writePageHeader(writer, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: size,
    compressed_page_size: size,
    crc: pageChecksum(levels, values),
    data_page_header_v2: {
      num_values: rows * length,
      num_nulls: 0,
      num_rows: rows,
      encoding: 'PLAIN',
      definition_levels_byte_length: definition.byteLength,
      repetition_levels_byte_length: repetition.byteLength,
      is_compressed: false,
    },
  })
  writer.appendBytes(repetition)
  writer.appendBytes(definition)
  writer.appendBytes(values)
  return writer.offset - start
}
