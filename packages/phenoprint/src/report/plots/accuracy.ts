import * as Plot from '@observablehq/plot'
import type { Interval } from '../../evaluation/bootstrap.js'
import { seriesColour } from './colours.js'
import { draw } from './draw.js'

/** How many units of a part were called right. */
export interface AccuracyPart {
  readonly run: string
  /** All units, or the name of a cell type, experiment or plate. */
  readonly part: string
  readonly units: number
  readonly accuracy: Interval
}

/** Accuracy of parts with their intervals, one below another; runs side by side. */
export function accuracyPlot(parts: readonly AccuracyPart[], title: string): string {
  const runs = [...new Set(parts.map(({ run }) => run))]
  const names = [...new Set(parts.map(({ part }) => part))]
  const colour = ({ run }: AccuracyPart) => seriesColour(runs.indexOf(run))
  const low = parts.reduce((a, b) => (b.accuracy.mean < a.accuracy.mean ? b : a), parts[0] ?? none)
  return draw(
    {
      width: 640,
      height: 60 + names.length * (16 + 12 * runs.length),
      marginLeft: 120,
      marginRight: 90,
      x: { label: 'Accuracy (%)', percent: true, domain: [0, 100], grid: true },
      fy: { label: null, domain: names, axis: 'left', padding: 0.1 },
      y: { axis: null, domain: runs, padding: 0.5 },
      marks: [
        Plot.ruleY(parts, {
          fy: 'part',
          y: 'run',
          x1: (of: AccuracyPart) => of.accuracy.lower,
          x2: (of: AccuracyPart) => of.accuracy.upper,
          stroke: colour,
          strokeWidth: 2,
        }),
        Plot.dot(parts, {
          fy: 'part',
          y: 'run',
          x: (of: AccuracyPart) => of.accuracy.mean,
          fill: colour,
          r: 4,
          title: (of: AccuracyPart) => `${of.run}, ${of.part}: ${accuracyText(of)}`,
        }),
      ],
    },
    {
      title,
      description: `${parts.length} values; the lowest is ${low.part} with ${accuracyText(low)}. The table beside it has all of them.`,
    },
  )
}

/** `28.1 % (19.8 to 36.5), 96 units`. */
export function accuracyText({ accuracy, units }: AccuracyPart): string {
  const [mean, lower, upper] = [accuracy.mean, accuracy.lower, accuracy.upper].map((share) =>
    (100 * share).toFixed(1),
  )
  return `${mean} % (${lower} to ${upper}), ${units} units`
}

const none: AccuracyPart = {
  run: '',
  part: '',
  units: 0,
  accuracy: { mean: Number.NaN, lower: Number.NaN, upper: Number.NaN },
}
