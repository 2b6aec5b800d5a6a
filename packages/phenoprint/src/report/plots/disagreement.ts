import * as Plot from '@observablehq/plot'
import { draw } from './draw.js'

/** How often two members call a unit differently. */
export interface Disagreement {
  readonly a: string
  readonly b: string
  /** Share of units, 0 to 1. */
  readonly share: number
}

/** Every two members and the share of units that they call differently; the stronger the colour, the more. */
export function disagreementPlot(
  pairs: readonly Disagreement[],
  members: readonly string[],
  title: string,
): string {
  const cells = pairs.flatMap(({ a, b, share }) => [
    { a, b, share },
    { a: b, b: a, share },
  ])
  const most = Math.max(1e-9, ...pairs.map(({ share }) => share))
  const [first, last] = extremes(pairs)
  return draw(
    {
      width: 260 + 44 * members.length,
      height: 150 + 26 * members.length,
      marginLeft: 160,
      marginRight: 100,
      marginBottom: 120,
      x: { label: null, domain: [...members], tickRotate: -60 },
      y: { label: null, domain: [...members] },
      marks: [
        Plot.cell(cells, {
          x: 'a',
          y: 'b',
          fill: 'var(--series-1)',
          fillOpacity: ({ share }: Disagreement) => (0.35 * share) / most,
          stroke: 'currentColor',
          strokeOpacity: 0.2,
          inset: 0.5,
          title: ({ a, b, share }: Disagreement) =>
            `${a} and ${b}: ${percent(share)} of units called differently`,
        }),
        Plot.text(cells, {
          x: 'a',
          y: 'b',
          text: ({ share }: Disagreement) => (100 * share).toFixed(0),
          fill: 'currentColor',
          pointerEvents: 'none',
        }),
      ],
    },
    {
      title,
      description: `In % of units. Most alike: ${wordsOf(first)}. Most different: ${wordsOf(last)}.`,
    },
  )
}

function extremes(pairs: readonly Disagreement[]) {
  const sorted = [...pairs].sort((a, b) => a.share - b.share)
  return [sorted[0], sorted.at(-1)] as const
}

function wordsOf(pair: Disagreement | undefined): string {
  return pair === undefined ? 'none' : `${pair.a} and ${pair.b}, ${percent(pair.share)}`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
