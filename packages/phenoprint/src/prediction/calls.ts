import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { row } from '../evaluation/matrix.js'
import { argmax, type Row, softmax } from '../evaluation/softmax.js'
import { diskFault } from '../run/disk-fault.js'
import { commitFile, temporaryName, writeAll } from '../run/files.js'
import type { PredictionHeader } from './prediction-header.js'
import type { PredictionRow } from './prediction-row.js'
import type { PredictionBlock } from './unit-predictions.js'

const columns = [
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
]

/**
 * Writes `calls.csv`, the table for people: a line a unit with its most likely class, the runner-up
 * and, where the label is known, whether the call is right. The file appears whole at `finish`.
 */
export class CallsWriter {
  private readonly part: string
  private readonly file: number
  private closed = false

  /** @throws {MachineError} when the file cannot be written. */
  constructor(private readonly path: string) {
    this.part = temporaryName(path)
    try {
      mkdirSync(dirname(path), { recursive: true })
      this.file = openSync(this.part, 'w')
    } catch (cause) {
      throw diskFault(cause, path)
    }
    this.write(`${columns.join(',')}\n`)
  }

  /** @param header That of the predictions: names of the classes, and whether logits are ranks. */
  add(split: string, header: PredictionHeader, { rows, logits }: PredictionBlock): void {
    const lines = rows.map((who, i) => [split, ...callCells(header, who, row(logits, i))])
    this.write(lines.map((cells) => `${cells.map(quoted).join(',')}\n`).join(''))
  }

  finish(): void {
    closeSync(this.file)
    this.closed = true
    commitFile(this.part, this.path)
  }

  /** Without `finish` before it, no file is left. */
  [Symbol.dispose](): void {
    if (this.closed) return
    this.closed = true
    closeSync(this.file)
    rmSync(this.part, { force: true })
  }

  private write(text: string): void {
    const bytes = Buffer.from(text)
    try {
      writeAll(this.file, bytes)
    } catch (cause) {
      throw diskFault(cause, this.path, bytes.byteLength)
    }
  }
}

/** The label of a unit among the classes of a network; null for controls of a network without them. */
export function knownLabel({ label }: PredictionRow, { classes }: PredictionHeader): number | null {
  return label !== null && label < classes ? label : null
}

function callCells(header: PredictionHeader, who: PredictionRow, logits: Row): string[] {
  const { classNames, scores } = header
  const nameOf = (index: number | null) => (index === null ? '' : (classNames?.[index] ?? ''))
  const call = argmax(logits)
  const runnerUp = logits.length > 1 ? argmaxBut(logits, call) : null
  const probabilities = scores === 'logits' ? softmax(logits) : null
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
    String(call),
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

/** The largest but one; of equal ones the lowest index. */
function argmaxBut(values: Row, skipped: number): number {
  let best = skipped === 0 ? 1 : 0
  for (let i = best + 1; i < values.length; i++) {
    if (i !== skipped && (values[i] ?? 0) > (values[best] ?? 0)) best = i
  }
  return best
}

/** A cell of a CSV file (RFC 4180). */
function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
