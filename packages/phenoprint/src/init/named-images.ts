import { basename } from 'node:path/posix'
import type { CsvRow, CsvTable } from '../screen/csv-table.js'

/** A column whose fields name images. */
export interface ImageColumn {
  readonly column: string
  /** The channel it is of, as its name says; its own name otherwise. */
  readonly channel: string
  /** The image of each row, below the folder; null where there is none. */
  readonly paths: readonly (string | null)[]
}

/** Tables of one kind whose rows name their images. */
export interface NamedImages {
  readonly tables: readonly CsvTable[]
  /** Their rows, each with its table. */
  readonly rows: readonly { readonly table: CsvTable; readonly row: CsvRow }[]
  readonly images: readonly ImageColumn[]
}

/** Share of the rows whose field must be an image that is there. */
const share = 0.5
const channelOf = /^(?:Image_)?(?:FileName|URL)_(.+)$/

/**
 * The tables that name images of the folder, such as CellProfiler's LoadData tables, with columns
 * `FileName_DNA` and `PathName_DNA`; null where none does. Of several kinds the one that names most.
 */
export function findNamedImages(
  tables: readonly CsvTable[],
  images: readonly string[],
): NamedImages | null {
  const byName = new Map<string, string[]>()
  for (const path of images) {
    const name = basename(path)
    byName.set(name, [...(byName.get(name) ?? []), path])
  }
  const kinds = new Map<string, CsvTable[]>()
  for (const table of tables) {
    const key = JSON.stringify(table.header)
    kinds.set(key, [...(kinds.get(key) ?? []), table])
  }
  const found = [...kinds.values()].flatMap((kind) => {
    const rows = kind.flatMap((table) => table.rows.map((row) => ({ table, row })))
    const columns = imageColumns(kind[0]?.header ?? [], rows, byName)
    return columns.length === 0 ? [] : [{ tables: kind, rows, images: columns }]
  })
  const size = (each: NamedImages) => each.images.length * each.rows.length
  return found.sort((a, b) => size(b) - size(a))[0] ?? null
}

function imageColumns(
  header: readonly string[],
  rows: NamedImages['rows'],
  byName: ReadonlyMap<string, readonly string[]>,
): ImageColumn[] {
  const columns: ImageColumn[] = []
  header.forEach((column, at) => {
    const channel = channelOf.exec(column)?.[1] ?? column
    const beside = header.indexOf(column.replace(/FileName_/, 'PathName_'))
    const paths = rows.map(({ table, row }) => {
      const folder = beside >= 0 && beside !== at ? `${table.value(row, beside)}/` : ''
      return findImage(folder + table.value(row, at), byName)
    })
    const there = paths.filter((path) => path !== null).length
    if (there === 0 || there < share * rows.length) return
    if (columns.some((other) => other.channel === channel)) return
    columns.push({ column, channel, paths })
  })
  return columns
}

/** The image whose path ends as the text does: of several the one that agrees farthest. */
function findImage(text: string, byName: ReadonlyMap<string, readonly string[]>): string | null {
  const wanted = text
    .replace(/^file:/, '')
    .replaceAll('\\', '/')
    .split('/')
    .reverse()
  const candidates = byName.get(wanted[0] ?? '') ?? []
  let best: string | null = null
  let farthest = -1
  let ties = 0
  for (const path of candidates) {
    const words = path.split('/').reverse()
    let same = 0
    while (same < words.length && words[same] === wanted[same]) same++
    ties = same === farthest ? ties + 1 : 0
    if (same > farthest) {
      farthest = same
      best = path
    }
  }
  // Two files that fit equally well name nothing.
  return ties > 0 ? null : best
}
