import * as Plot from '@observablehq/plot'
import type { Reliability, ReliabilityBin } from '../../evaluation/reliability.js'
import { draw } from './draw.js'

/** Stated probability against the share that was right, a dot a bin, the larger the more units. */
export function calibrationPlot({ bins, ece }: Reliability, name: string): string {
  const filled = bins.filter(({ count }) => count > 0)
  return draw(
    {
      width: 320,
      height: 320,
      marginLeft: 50,
      x: { label: 'Probability of the call (%)', percent: true, domain: [0, 100], grid: true },
      y: { label: 'Share called right (%)', percent: true, domain: [0, 100], grid: true },
      r: { range: [2, 12] },
      marks: [
        Plot.line(
          [
            [0, 0],
            [1, 1],
          ],
          { stroke: 'currentColor', strokeDasharray: '4 3' },
        ),
        Plot.dot(filled, {
          x: 'confidence',
          y: 'accuracy',
          r: 'count',
          fill: 'var(--series-1)',
          fillOpacity: 0.8,
          title: (bin: ReliabilityBin) =>
            `${bin.count} units called with ${(100 * bin.confidence).toFixed(1)} % on average: ${(100 * bin.accuracy).toFixed(1)} % right`,
        }),
      ],
    },
    {
      title: `Calibration, ${name}`,
      description: `Dots on the dashed line state their chance truly. Expected calibration error ${(100 * ece).toFixed(1)} %.`,
    },
  )
}
