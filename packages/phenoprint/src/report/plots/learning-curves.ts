import * as Plot from '@observablehq/plot'
import { seriesColour } from './colours.js'
import { draw } from './draw.js'

/** One epoch of a training. */
export interface CurvePoint {
  /** Which network: all cell types, or one. */
  readonly network: string
  /** From 1. */
  readonly epoch: number
  /** Mean over the batches. */
  readonly trainingLoss: number
  /** Of validation units. */
  readonly validationLoss: number
  readonly accuracy: number
}

/** Loss and accuracy after each epoch, a line a network; training loss is dashed. */
export function lossCurves(points: readonly CurvePoint[], name: string): string {
  const last = points.at(-1)
  return draw(
    {
      ...frame,
      y: { label: 'Loss (nats per unit)', grid: true },
      marks: [
        Plot.lineY(points, {
          x: 'epoch',
          y: 'trainingLoss',
          z: 'network',
          stroke: colourOf(points),
          strokeDasharray: '4 3',
        }),
        Plot.lineY(points, {
          x: 'epoch',
          y: 'validationLoss',
          z: 'network',
          stroke: colourOf(points),
        }),
        ...ends(points, 'validationLoss'),
      ],
    },
    {
      title: `Loss by epoch, ${name}`,
      description: `Solid: validation; dashed: training. After the last epoch validation ${last?.validationLoss.toFixed(3)}, training ${last?.trainingLoss.toFixed(3)}.`,
    },
  )
}

/** Share of validation units called right after each epoch, a line a network. */
export function accuracyCurves(points: readonly CurvePoint[], name: string): string {
  const best = Math.max(...points.map(({ accuracy }) => accuracy))
  return draw(
    {
      ...frame,
      y: { label: 'Validation accuracy (%)', percent: true, grid: true, zero: true },
      marks: [
        Plot.lineY(points, { x: 'epoch', y: 'accuracy', z: 'network', stroke: colourOf(points) }),
        ...ends(points, 'accuracy'),
      ],
    },
    {
      title: `Validation accuracy by epoch, ${name}`,
      description: `The best epoch has ${(100 * best).toFixed(1)} %.`,
    },
  )
}

const frame: Plot.PlotOptions = {
  width: 420,
  height: 260,
  marginRight: 90,
  marginLeft: 50,
  x: { label: 'Epoch', ticks: 6, interval: 1, tickFormat: 'd' },
}

function colourOf(points: readonly CurvePoint[]): (point: CurvePoint) => string {
  const names = [...new Set(points.map(({ network }) => network))]
  return ({ network }) => seriesColour(names.indexOf(network))
}

/** The name of each network at the end of its line, and its values under the pointer. */
function ends(points: readonly CurvePoint[], y: 'accuracy' | 'validationLoss'): Plot.Markish[] {
  return [
    Plot.dot(points, {
      x: 'epoch',
      y,
      r: 2.5,
      fill: colourOf(points),
      title: (point: CurvePoint) =>
        `${point.network}, epoch ${point.epoch}: accuracy ${(100 * point.accuracy).toFixed(1)} %, loss ${point.validationLoss.toFixed(3)}`,
    }),
    Plot.text(
      points,
      Plot.selectLast({
        x: 'epoch',
        y,
        z: 'network',
        text: 'network',
        textAnchor: 'start',
        dx: 6,
        fill: colourOf(points),
      }),
    ),
  ]
}
