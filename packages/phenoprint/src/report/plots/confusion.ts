import * as Plot from '@observablehq/plot'
import { draw } from './draw.js'

/** How many units of a class were called another, or itself. */
export interface ConfusionCell {
  readonly label: string
  readonly call: string
  readonly units: number
}

/** Labels against calls; the darker or lighter a cell stands out, the more units. */
export function confusionPlot(cells: readonly ConfusionCell[], title: string): string {
  const names = [...new Set(cells.flatMap(({ label, call }) => [label, call]))].sort((a, b) =>
    a.localeCompare(b, 'en', { numeric: true }),
  )
  const most = Math.max(1, ...cells.map(({ units }) => units))
  const side = 100 + 18 * names.length
  const right = cells
    .filter(({ label, call }) => label === call)
    .reduce((sum, { units }) => sum + units, 0)
  const all = cells.reduce((sum, { units }) => sum + units, 0)
  return draw(
    {
      width: side + 20,
      height: side,
      marginLeft: 100,
      marginBottom: 90,
      x: { label: 'Called', domain: names, tickRotate: -60 },
      y: { label: 'Label', domain: names },
      marks: [
        Plot.cell(cells, {
          x: 'call',
          y: 'label',
          fill: 'var(--series-1)',
          fillOpacity: ({ units }: ConfusionCell) => 0.15 + (0.85 * units) / most,
          stroke: ({ label, call }: ConfusionCell) => (label === call ? 'currentColor' : 'none'),
          inset: 0.5,
          title: ({ label, call, units }: ConfusionCell) =>
            `${label} called ${call}: ${units} units`,
        }),
      ],
    },
    {
      title,
      description: `${right} of ${all} units lie on the diagonal, which is outlined. The table of pairs below names the most frequent errors.`,
    },
  )
}
