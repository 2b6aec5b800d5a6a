import { type Metrics, MetricsAccumulator, type MetricsByCellType, scoreOf } from './metrics.js'
import { argmax, type Row } from './softmax.js'

/** Where a scored row belongs. */
export interface Place {
  readonly cellType: string
  readonly experiment: string
  readonly plate: string
}

/** Metrics of all rows, and of those of each cell type, experiment and plate. */
export interface Breakdown extends MetricsByCellType {
  readonly byExperiment: Readonly<Record<string, Metrics>>
  /** By `<experiment>/<plate>`. */
  readonly byPlate: Readonly<Record<string, Metrics>>
}

/** How many rows of an experiment, within one cell type, were called right. */
export interface ExperimentCount {
  readonly cellType: string
  readonly experiment: string
  readonly count: number
  readonly right: number
}

/** Metrics as rows come, broken down by where they are from. */
export class BreakdownAccumulator {
  private readonly overall = new MetricsAccumulator()
  private readonly cellTypes = new Map<string, MetricsAccumulator>()
  private readonly experiments = new Map<string, MetricsAccumulator>()
  private readonly plates = new Map<string, MetricsAccumulator>()
  private readonly outcomes = new Map<string, ExperimentCount>()

  /** @param probabilities Whether rows are logits; of ranks, loss and calibration are NaN. */
  constructor(private readonly probabilities: boolean) {}

  /**
   * @param call What the row is called, where that need not be its most likely class; -1 is no call.
   * @throws {ShapeError} when the label is not a class of the row.
   */
  add(
    { cellType, experiment, plate }: Place,
    logits: Row,
    label: number,
    call: number = argmax(logits),
  ): void {
    const score = scoreOf(logits, label, call)
    this.overall.addScore(score)
    accumulatorOf(this.cellTypes, cellType).addScore(score)
    accumulatorOf(this.experiments, experiment).addScore(score)
    accumulatorOf(this.plates, `${experiment}/${plate}`).addScore(score)
    const key = JSON.stringify([cellType, experiment])
    const { count = 0, right = 0 } = this.outcomes.get(key) ?? {}
    const more = score.right ? 1 : 0
    this.outcomes.set(key, { cellType, experiment, count: count + 1, right: right + more })
  }

  result(): Breakdown {
    return {
      overall: this.resultOf(this.overall),
      byCellType: this.resultsOf(this.cellTypes),
      byExperiment: this.resultsOf(this.experiments),
      byPlate: this.resultsOf(this.plates),
    }
  }

  /** In the order in which experiments first came. */
  experimentCounts(): ExperimentCount[] {
    return [...this.outcomes.values()]
  }

  private resultsOf(parts: ReadonlyMap<string, MetricsAccumulator>): Record<string, Metrics> {
    const sorted = [...parts].sort(([a], [b]) => (a < b ? -1 : 1))
    return Object.fromEntries(sorted.map(([name, of]) => [name, this.resultOf(of)]))
  }

  private resultOf(of: MetricsAccumulator): Metrics {
    const metrics = of.result()
    return this.probabilities ? metrics : { ...metrics, loss: Number.NaN, ece: Number.NaN }
  }
}

function accumulatorOf(parts: Map<string, MetricsAccumulator>, name: string): MetricsAccumulator {
  const there = parts.get(name)
  if (there !== undefined) return there
  const made = new MetricsAccumulator()
  parts.set(name, made)
  return made
}
