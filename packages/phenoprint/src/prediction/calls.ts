import { row } from '../evaluation/matrix.js'
import { argmax, type Row, softmax } from '../evaluation/softmax.js'
import { CsvFile } from './csv-file.js'
import type { PredictionBlock } from './predicted-units.js'
import type { PredictionHeader } from './prediction-header.js'
import type { PredictionRow } from './prediction-row.js'

/** Columns of `calls.csv`, whoever writes it. */
export const callColumns = [
  'split',
  'experiment',
  'plate',
  'well',
  'cellType',
  'unit',
  'code',
  'call',
  'callName',
  'probability',
  'runnerUp',
  'runnerUpName',
  'runnerUpProbability',
  'label',
  'labelName',
  'outcome',
] as const

/** What a unit is called, the next best class, and how likely each class is where that is known. */
export interface Call {
  /** null where no class was left for the unit. */
  readonly call: number | null
  readonly runnerUp: number | null
  /** `[class]` */
  readonly probabilities: Row | null
}

/**
 * Writes `calls.csv`, the table for people: a line a unit with its most likely class, the runner-up
 * and, where the label is known, whether the call is right. The file appears whole at `finish`.
 */
export class CallsWriter implements Disposable {
  private readonly file: CsvFile

  /** @throws {MachineError} when the file cannot be written. */
  constructor(path: string) {
    this.file = new CsvFile(path, callColumns)
  }

  /** @param header That of the predictions: names of the classes, and whether logits are ranks. */
  add(split: string, header: PredictionHeader, { rows, logits }: PredictionBlock): void {
    this.file.add(
      rows.map((who, i) => [split, ...callCells(header, who, mostLikely(header, row(logits, i)))]),
    )
  }

  finish(): void {
    this.file.finish()
  }

  /** Without `finish` before it, no file is left. */
  [Symbol.dispose](): void {
    this.file[Symbol.dispose]()
  }
}

/** The label of a unit among the classes of a network; null for controls of a network without them. */
export function knownLabel({ label }: PredictionRow, { classes }: PredictionHeader): number | null {
  return label !== null && label < classes ? label : null
}

/** The cells of a line of `calls.csv`, behind the split. */
export function callCells(
  header: PredictionHeader,
  who: PredictionRow,
  { call, runnerUp, probabilities }: Call,
): string[] {
  const nameOf = (index: number | null) =>
    index === null ? '' : (header.classNames?.[index] ?? '')
  const probabilityOf = (index: number | null) =>
    index === null || probabilities === null ? '' : (probabilities[index] ?? 0).toFixed(6)
  const label = knownLabel(who, header)
  return [
    who.experiment,
    who.plate,
    who.well,
    who.cellType,
    who.unit,
    who.code,
    call === null ? '' : String(call),
    nameOf(call),
    probabilityOf(call),
    runnerUp === null ? '' : String(runnerUp),
    nameOf(runnerUp),
    probabilityOf(runnerUp),
    label === null ? '' : String(label),
    nameOf(label),
    label === null ? '' : label === call ? 'right' : 'wrong',
  ]
}

/** The largest but one; of equal ones the lowest index; null where nothing else can be. */
export function argmaxBut(values: Row, skipped: number): number | null {
  let best: number | null = null
  for (let i = 0; i < values.length; i++) {
    if (i === skipped || values[i] === Number.NEGATIVE_INFINITY) continue
    if (best === null || (values[i] ?? 0) > (values[best] ?? 0)) best = i
  }
  return best
}

function mostLikely({ scores }: PredictionHeader, logits: Row): Call {
  const call = argmax(logits)
  return {
    call,
    runnerUp: argmaxBut(logits, call),
    probabilities: scores === 'logits' ? softmax(logits) : null,
  }
}
