import { bootstrapDefaults, bootstrapMean, type Interval } from '../evaluation/bootstrap.js'
import { row } from '../evaluation/matrix.js'
import {
  CellTypeMetricsAccumulator,
  type Metrics,
  type MetricsByCellType,
} from '../evaluation/metrics.js'
import { argmax } from '../evaluation/softmax.js'
import { type CallsWriter, knownLabel } from './calls.js'
import type { PredictionBlock } from './predicted-units.js'
import type { PredictionHeader } from './prediction-header.js'
import { UnitPredictions } from './unit-predictions.js'

/** Figures of the units of a split. */
export interface PredictionFigures extends MetricsByCellType {
  /** 95 % interval of the accuracy, by bootstrap over the units within each experiment. */
  readonly accuracyInterval: {
    readonly overall: Interval
    readonly byCellType: Readonly<Record<string, Interval>>
  }
}

/** Figures of predictions as they come, plate by plate; it keeps a bit and two names a labelled unit. */
export class FiguresAccumulator {
  private readonly accumulator = new CellTypeMetricsAccumulator()
  private readonly right: number[] = []
  private readonly experiments: string[] = []
  private readonly cellTypes: string[] = []

  constructor(
    private readonly header: PredictionHeader,
    private readonly seed: number,
  ) {}

  add({ rows, logits }: PredictionBlock): void {
    rows.forEach((who, i) => {
      const label = knownLabel(who, this.header)
      const scores = row(logits, i)
      this.accumulator.add(scores, label, who.cellType)
      if (label === null) return
      this.right.push(argmax(scores) === label ? 1 : 0)
      this.experiments.push(who.experiment)
      this.cellTypes.push(who.cellType)
    })
  }

  /** Loss and calibration are NaN where the scores are ranks, for those are no probabilities. */
  metrics(): MetricsByCellType {
    const { overall, byCellType } = this.accumulator.result()
    if (this.header.scores === 'logits') return { overall, byCellType }
    const cleared = Object.entries(byCellType).map(([name, of]) => [name, withoutProbability(of)])
    return { overall: withoutProbability(overall), byCellType: Object.fromEntries(cleared) }
  }

  /** The same with intervals. */
  figures(): PredictionFigures {
    const metrics = this.metrics()
    const intervals = Object.keys(metrics.byCellType).map((name) => [
      name,
      this.interval((unit) => this.cellTypes[unit] === name),
    ])
    return {
      ...metrics,
      accuracyInterval: {
        overall: this.interval(() => true),
        byCellType: Object.fromEntries(intervals),
      },
    }
  }

  private interval(keep: (unit: number) => boolean): Interval {
    const units = [...this.right.keys()].filter(keep)
    return bootstrapMean(
      units.map((unit) => this.right[unit] ?? 0),
      units.map((unit) => this.experiments[unit] ?? ''),
      { ...bootstrapDefaults, seed: this.seed },
    )
  }
}

/**
 * Figures of a file of predictions, its calls written on the way; one plate is held at a time.
 *
 * @throws {PredictionError} when the file cannot be read.
 */
export async function summarise(
  path: string,
  split: string,
  calls: CallsWriter,
  seed: number,
): Promise<PredictionFigures> {
  await using file = await UnitPredictions.open(path)
  const figures = new FiguresAccumulator(file.header, seed)
  for (let group = 0; group < file.groups; group++) {
    const block = await file.block(group)
    figures.add(block)
    calls.add(split, file.header, block)
  }
  return figures.figures()
}

/** The interval, as a line for people. */
export function describeInterval({ accuracyInterval: { overall } }: PredictionFigures): string {
  const [mean, lower, upper] = [overall.mean, overall.lower, overall.upper].map((x) => x.toFixed(4))
  return `  accuracy ${mean}, 95 % interval ${lower} to ${upper} (bootstrap over units within each experiment)`
}

function withoutProbability(metrics: Metrics): Metrics {
  return { ...metrics, loss: Number.NaN, ece: Number.NaN }
}
