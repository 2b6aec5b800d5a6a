import * as Plot from '@observablehq/plot'
import { draw } from './draw.js'

/** A well of a plate and what it was called. */
export interface MappedWell {
  /** Letters and number: `B03`. */
  readonly well: string
  readonly call: string
  /** Empty where it is not known. */
  readonly label: string
  readonly outcome: 'right' | 'wrong' | 'unknown'
  /** Of the call, 0 to 1; null where it is none. */
  readonly probability: number | null
  /** Where the well leads, in pages that go there. */
  readonly href?: string
}

/** What colours the wells. */
export type MapValue = 'outcome' | 'probability'

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'
const signs = { right: '●', wrong: '✕', unknown: '?' } as const
const colours = { right: 'var(--series-1)', wrong: 'var(--series-2)', unknown: 'currentColor' }

/**
 * A plate seen from above, at least 16 rows by 24 columns, a word on each well under the pointer.
 * Outcomes differ in sign as well as in colour.
 */
export function plateMap(wells: readonly MappedWell[], plate: string, value: MapValue): string {
  const placed = wells.map((well) => ({ ...well, ...placeOf(well.well) }))
  const rows = range(Math.max(16, ...placed.map(({ row }) => row)))
  const columns = range(Math.max(24, ...placed.map(({ column }) => column)))
  const place = { x: 'column', y: 'row', title: titleOf, href: 'href', ariaLabel: 'well' } as const
  const right = wells.filter(({ outcome }) => outcome === 'right').length
  const known = wells.filter(({ outcome }) => outcome !== 'unknown').length
  const empty = rows.flatMap((row) => columns.map((column) => ({ row, column })))
  return draw(
    {
      width: 500,
      height: 340,
      marginTop: 34,
      marginBottom: 6,
      x: { label: 'Column', domain: columns, axis: 'top', tickFormat: 'd' },
      y: { label: 'Row', domain: rows, tickFormat: rowName },
      color: { type: 'linear', scheme: 'cividis', domain: [0, 1] },
      marks: [
        Plot.cell(empty, {
          x: 'column',
          y: 'row',
          stroke: 'currentColor',
          strokeOpacity: 0.15,
          inset: 0.5,
        }),
        ...(value === 'outcome'
          ? [
              Plot.cell(placed, {
                ...place,
                fill: ({ outcome }: MappedWell) => colours[outcome],
                fillOpacity: 0.25,
                inset: 0.5,
              }),
              Plot.text(placed, {
                x: 'column',
                y: 'row',
                pointerEvents: 'none',
                text: ({ outcome }: MappedWell) => signs[outcome],
                fill: ({ outcome }: MappedWell) => colours[outcome],
              }),
            ]
          : [
              Plot.cell(
                placed.filter(({ probability }) => probability !== null),
                { ...place, fill: 'probability', inset: 0.5 },
              ),
            ]),
      ],
    },
    {
      title: `Plate ${plate}, ${value === 'outcome' ? 'calls right and wrong' : 'probability of the calls (0 to 1)'}`,
      description: `${right} of ${known} labelled wells were called right. The table below the map has every well.`,
      links: wells.some(({ href }) => href !== undefined),
    },
  )
}

/** Whether a well has a place on a plate: letters and a number. */
export function isPlaced(well: string): boolean {
  return /^[A-Z]{1,2}\d{1,2}$/.test(well)
}

/** Row and column from 1: `B03` is row 2, column 3; after Z comes AA. */
export function placeOf(well: string): { readonly row: number; readonly column: number } {
  const [, name = '', column = ''] = /^([A-Z]+)(\d+)$/.exec(well) ?? []
  const row = [...name].reduce((sum, letter) => 26 * sum + letters.indexOf(letter) + 1, 0)
  return { row, column: Number(column) }
}

/** The letters of a row, from 1. */
export function rowName(row: number): string {
  const last = letters[(row - 1) % 26] ?? ''
  return row > 26 ? `${letters[Math.floor((row - 1) / 26) - 1]}${last}` : last
}

function titleOf({ well, call, label, outcome, probability }: MappedWell): string {
  const sure = probability === null ? '' : `, probability ${probability.toFixed(2)}`
  return `${well}: called ${call}${sure}${label === '' ? '' : `; label ${label}, ${outcome}`}`
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}
