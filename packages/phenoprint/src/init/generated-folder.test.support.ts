import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { encodePng } from '../png.js'
import { randomStream } from '../random.js'
import { temporaryFolder } from '../testing/folder.js'

/** A place of an image, numbers from 1. */
export interface Place {
  readonly plate: number
  readonly row: number
  readonly column: number
  readonly site: number
  readonly channel: number
}

/** What the generated wells were given. */
export const compounds = ['aspirin', 'taxol', 'DMSO'] as const

/** Every place: three plates of two rows and three columns, two sites, two channels. */
export const places: readonly Place[] = [1, 2, 3].flatMap((plate) =>
  [2, 3].flatMap((row) =>
    [2, 3, 4].flatMap((column) =>
      [1, 2].flatMap((site) => [1, 2].map((channel) => ({ plate, row, column, site, channel }))),
    ),
  ),
)

/** Row and column as the name of a well. */
export function wellOf({ row, column }: Pick<Place, 'row' | 'column'>): string {
  return `${String.fromCharCode(64 + row)}0${column}`
}

/** What stands in a column of wells. */
export function compoundOf({ column }: Pick<Place, 'column'>): string {
  return compounds[column - 2] ?? ''
}

export const side = 32

/** Pixels of an image: noise, brighter for some compounds. */
export function pixelsOf(place: Place): Uint8Array {
  const stream = randomStream(5, JSON.stringify(place))
  const base = 20 * (place.column + place.channel)
  return Uint8Array.from({ length: side * side }, () => base + stream.integer(60))
}

/** A folder of images by name, with other files beside. */
export function generatedFolder(
  name: (place: Place) => string,
  files: Readonly<Record<string, string>> = {},
  encode: (pixels: Uint8Array) => Uint8Array = (pixels) => encodePng(pixels, side, side, 1),
): string {
  const folder = join(temporaryFolder(), 'screen')
  const write = (path: string, data: string | Uint8Array) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), data)
  }
  for (const place of places) write(name(place), encode(pixelsOf(place)))
  for (const [path, text] of Object.entries(files)) write(path, text)
  return folder
}

/** A table of the wells of all plates. */
export function plateMap(plateName: (plate: number) => string): string {
  const wells = new Map(
    places.map((p) => [`${plateName(p.plate)},${wellOf(p)},${compoundOf(p)},${p.row}`, 0]),
  )
  return ['plate,well,compound,dose_um', ...wells.keys(), ''].join('\n')
}
