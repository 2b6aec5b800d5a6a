import { ShapeError } from '../errors.js'
import { type Matrix, row } from './matrix.js'
import { argmax, logSumExp, placeOf, type Row } from './softmax.js'

/** How well units were called; with no labelled unit `count` is 0 and the rest is NaN. */
export interface Metrics {
  /** Labelled units. */
  readonly count: number
  /** Share whose call, the most likely class where nothing else is said, is the label. */
  readonly accuracy: number
  /** Mean over the classes present of the share of their units that were called right. */
  readonly balancedAccuracy: number
  /** Share whose label is among the five most likely classes. */
  readonly top5: number
  /** Mean negative natural logarithm of the label's probability. */
  readonly loss: number
  /** Expected calibration error of the most likely class, 15 bins (Guo et al. 2017, arXiv:1706.04599). */
  readonly ece: number
}

/** Over every unit once, and over those of each cell type. */
export interface MetricsByCellType {
  readonly overall: Metrics
  readonly byCellType: Readonly<Record<string, Metrics>>
}

const binCount = 15

/** What a labelled row of logits gives to metrics. */
export interface Score {
  readonly label: number
  readonly right: boolean
  /** Place of the label among all classes, 0 for the most likely. */
  readonly place: number
  /** Negative natural logarithm of the label's probability. */
  readonly loss: number
  /** Probability of the call. */
  readonly confidence: number
}

/**
 * Scores one row of logits against its label.
 *
 * @param call What the unit is called; -1 is no call.
 * @throws {ShapeError} when the label is not a class of the row.
 */
export function scoreOf(logits: Row, label: number, call: number): Score {
  if (!Number.isInteger(label) || label < 0 || label >= logits.length) {
    throw new ShapeError(`metrics: got label ${label}, expected 0..${logits.length - 1}`)
  }
  const normaliser = logSumExp(logits)
  return {
    label,
    right: call === label,
    place: placeOf(logits, label),
    loss: normaliser - (logits[label] ?? 0),
    confidence: call < 0 ? 0 : Math.exp((logits[call] ?? 0) - normaliser),
  }
}

/**
 * Metrics as units come, one row of logits each. Of equal logits the lower class index counts as
 * the more likely one. Calibration bins divide (0, 1] evenly, each closed above.
 */
export class MetricsAccumulator {
  private count = 0
  private correct = 0
  private amongFive = 0
  private lossSum = 0
  private readonly classUnits = new Map<number, { units: number; correct: number }>()
  private readonly binUnits = new Float64Array(binCount)
  private readonly binCorrect = new Float64Array(binCount)
  private readonly binConfidence = new Float64Array(binCount)

  /**
   * @param call What the unit is called, where that need not be its most likely class; -1 is no call.
   * @throws {ShapeError} when the label is not a class of the row.
   */
  add(logits: Row, label: number, call: number = argmax(logits)): void {
    this.addScore(scoreOf(logits, label, call))
  }

  addScore({ label, right, place, loss, confidence }: Score): void {
    const correct = right ? 1 : 0
    this.count++
    this.correct += correct
    if (place < 5) this.amongFive++
    this.lossSum += loss
    const ofClass = this.classUnits.get(label) ?? { units: 0, correct: 0 }
    this.classUnits.set(label, {
      units: ofClass.units + 1,
      correct: ofClass.correct + correct,
    })
    const bin = Math.min(binCount - 1, Math.max(0, Math.ceil(confidence * binCount) - 1))
    this.binUnits[bin] = (this.binUnits[bin] ?? 0) + 1
    this.binCorrect[bin] = (this.binCorrect[bin] ?? 0) + correct
    this.binConfidence[bin] = (this.binConfidence[bin] ?? 0) + confidence
  }

  result(): Metrics {
    let recall = 0
    for (const { units, correct } of this.classUnits.values()) recall += correct / units
    let gap = 0
    for (let bin = 0; bin < binCount; bin++) {
      gap += Math.abs((this.binCorrect[bin] ?? 0) - (this.binConfidence[bin] ?? 0))
    }
    return {
      count: this.count,
      accuracy: this.correct / this.count,
      balancedAccuracy: recall / this.classUnits.size,
      top5: this.amongFive / this.count,
      loss: this.lossSum / this.count,
      ece: gap / this.count,
    }
  }
}

/** Metrics as units come, overall and per cell type; units without a label (null) are skipped. */
export class CellTypeMetricsAccumulator {
  private readonly overall = new MetricsAccumulator()
  private readonly cellTypes = new Map<string, MetricsAccumulator>()

  /** @param call As {@link MetricsAccumulator.add} has it. */
  add(logits: Row, label: number | null, cellType: string, call: number = argmax(logits)): void {
    let ofCellType = this.cellTypes.get(cellType)
    if (ofCellType === undefined) {
      ofCellType = new MetricsAccumulator()
      this.cellTypes.set(cellType, ofCellType)
    }
    if (label === null) return
    this.overall.add(logits, label, call)
    ofCellType.add(logits, label, call)
  }

  result(): MetricsByCellType {
    const sorted = [...this.cellTypes].sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      overall: this.overall.result(),
      byCellType: Object.fromEntries(sorted.map(([name, units]) => [name, units.result()])),
    }
  }
}

/**
 * Metrics of a whole matrix.
 *
 * @param logits `[unit, class]`.
 * @param labels `[unit]`, class index, or -1 where it is not known: those units are skipped.
 * @throws {ShapeError} when the lengths differ or a label is not a class.
 */
export function metrics(logits: Matrix, labels: Int32Array): Metrics {
  checkLength('labels', labels.length, logits.rows)
  const accumulator = new MetricsAccumulator()
  labels.forEach((label, unit) => {
    if (label !== -1) accumulator.add(row(logits, unit), label)
  })
  return accumulator.result()
}

/**
 * The same, overall and per cell type.
 *
 * @param cellTypes `[unit]`.
 */
export function metricsByCellType(
  logits: Matrix,
  labels: Int32Array,
  cellTypes: readonly string[],
): MetricsByCellType {
  checkLength('labels', labels.length, logits.rows)
  checkLength('cell types', cellTypes.length, logits.rows)
  const accumulator = new CellTypeMetricsAccumulator()
  cellTypes.forEach((cellType, unit) => {
    const label = labels[unit] ?? -1
    accumulator.add(row(logits, unit), label === -1 ? null : label, cellType)
  })
  return accumulator.result()
}

function checkLength(what: string, got: number, expected: number): void {
  if (got !== expected) {
    throw new ShapeError(`metrics: got ${got} ${what} for ${expected} rows of logits`)
  }
}
