import * as Plot from '@observablehq/plot'
import { seriesColour } from './colours.js'
import { draw } from './draw.js'
import { byFrequency, type LegendEntry, legendOf, rank, signs } from './groups.js'
import { placeOf, rowName } from './plate-map.js'

/** A well and what a map shows of it. */
export interface ShownWell {
  /** Letters and number: `B03`. */
  readonly well: string
  /** A number, a word, or null where there is none. */
  readonly value: number | string | null
  /** What stands under the pointer, and is read aloud. */
  readonly words: string
  /** Where the well leads, in pages that go there. */
  readonly href?: string
}

/** What the values are. */
export interface MapScale {
  readonly plate: string
  /** With its unit: `probability of the call`. */
  readonly value: string
  /** Numbers at the ends of the colours; null for those of the wells. */
  readonly domain: readonly [number, number] | null
}

/**
 * Any value of a plate's wells, seen from above: numbers from dark to light, words by colour and sign,
 * the most frequent first. At least 16 rows by 24 columns.
 */
export function wellMap(wells: readonly ShownWell[], { plate, value, domain }: MapScale): string {
  const placed = wells.map((well) => ({ ...well, ...placeOf(well.well) }))
  const rows = upTo(Math.max(16, ...placed.map(({ row }) => row)))
  const columns = upTo(Math.max(24, ...placed.map(({ column }) => column)))
  const numbers = placed.flatMap((well) =>
    typeof well.value === 'number' ? [{ ...well, value: well.value }] : [],
  )
  const words = placed.flatMap((well) =>
    typeof well.value === 'string' ? [{ ...well, value: well.value }] : [],
  )
  const names = byFrequency(words.map((well) => well.value))
  const place = { x: 'column', y: 'row', title: 'words', href: 'href', ariaLabel: 'words' } as const
  const colour = (well: { readonly value: string }) => seriesColour(rank(names, well.value))
  const ends = domain ?? extent(numbers.map((well) => well.value))
  return draw(
    {
      width: 760,
      height: 510,
      marginTop: 34,
      marginBottom: 6,
      x: { label: 'Column', domain: columns, axis: 'top', tickFormat: 'd' },
      y: { label: 'Row', domain: rows, tickFormat: rowName },
      color: { type: 'linear', scheme: 'cividis', domain: [...ends], clamp: true },
      marks: [
        Plot.cell(
          rows.flatMap((row) => columns.map((column) => ({ row, column }))),
          { x: 'column', y: 'row', stroke: 'currentColor', strokeOpacity: 0.15, inset: 0.5 },
        ),
        Plot.cell(numbers, { ...place, fill: 'value', inset: 0.5 }),
        Plot.cell(words, { ...place, fill: colour, fillOpacity: 0.25, inset: 0.5 }),
        Plot.text(words, {
          x: 'column',
          y: 'row',
          text: (well: { readonly value: string }) => signs[rank(names, well.value)] ?? '',
          fill: colour,
          pointerEvents: 'none',
        }),
        Plot.text(
          placed.filter((well) => well.value === null),
          { ...place, text: () => '?', fill: 'currentColor' },
        ),
      ],
    },
    {
      title: `Plate ${plate}, ${value}`,
      description: described(numbers.length, names, words, ends),
      links: wells.some(({ href }) => href !== undefined),
    },
  )
}

/** The signs and words of a map of words, for a legend beside it. */
export function mapLegend(wells: readonly ShownWell[]): readonly LegendEntry[] {
  return legendOf(
    byFrequency(wells.flatMap(({ value }) => (typeof value === 'string' ? [value] : []))),
  )
}

/** The least and the greatest of some numbers; 0 to 1 where there are none. */
export function extent(values: readonly number[]): readonly [number, number] {
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)]
}

function described(
  numbers: number,
  names: readonly string[],
  words: readonly { readonly value: string }[],
  [least, greatest]: readonly [number, number],
): string {
  const counted = names
    .slice(0, signs.length)
    .map((name) => `${words.filter(({ value }) => value === name).length} ${name}`)
  return numbers > 0
    ? `${numbers} wells with values; colours from ${least.toPrecision(3)} (dark) to ${greatest.toPrecision(3)} (light).`
    : `${words.length} wells with values: ${counted.join(', ')}.`
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}
