import * as Plot from '@observablehq/plot'
import { seriesColour } from './colours.js'
import { draw } from './draw.js'
import { byFrequency, type LegendEntry, legendOf, rank } from './groups.js'

/** A unit's place, and what it is grouped by. */
export interface MappedUnit {
  readonly x: number
  readonly y: number
  readonly group: string
  /** What stands under the pointer. */
  readonly words: string
}

/** Signs of groups in the order of their frequency, as those of legends. */
const symbols = ['circle', 'times', 'triangle', 'square', 'diamond', 'plus'] as const

/**
 * Units by two principal components, groups told apart by colour and sign.
 *
 * @param shares Of the variance along each component, 0 to 1.
 */
export function embeddingMap(
  units: readonly MappedUnit[],
  shares: readonly number[],
  title: string,
): string {
  const names = byFrequency(units.map(({ group }) => group))
  const placed = units.map(({ x, y, ...of }) => ({
    ...of,
    x: Number(x.toPrecision(4)),
    y: Number(y.toPrecision(4)),
    sign: String(rank(names, of.group)),
  }))
  const axis = (component: number) =>
    `Component ${component + 1} (features' units; ${(100 * (shares[component] ?? 0)).toFixed(1)} % of the variance)`
  return draw(
    {
      width: 640,
      height: 480,
      marginLeft: 55,
      inset: 8,
      x: { label: axis(0), grid: true },
      y: { label: axis(1), grid: true },
      symbol: { domain: symbols.map((_, i) => String(i)), range: [...symbols] },
      marks: [
        Plot.dot(placed, {
          x: 'x',
          y: 'y',
          symbol: 'sign',
          r: 3,
          stroke: ({ group }: MappedUnit) => seriesColour(rank(names, group)),
          title: 'words',
        }),
      ],
    },
    { title, description: described(units, names) },
  )
}

/** The signs and groups of a map, for a legend beside it. */
export function embeddingLegend(units: readonly MappedUnit[]): readonly LegendEntry[] {
  return legendOf(byFrequency(units.map(({ group }) => group)))
}

function described(units: readonly MappedUnit[], names: readonly string[]): string {
  const centres = names.slice(0, symbols.length).map((name) => {
    const own = units.filter(({ group }) => group === name)
    const mean = (of: (unit: MappedUnit) => number) =>
      (own.reduce((sum, unit) => sum + of(unit), 0) / own.length).toPrecision(2)
    return `${own.length} ${name} around ${mean(({ x }) => x)}, ${mean(({ y }) => y)}`
  })
  return `${units.length} units in ${names.length} groups: ${centres.join('; ')}${names.length > symbols.length ? '; and others' : ''}.`
}
