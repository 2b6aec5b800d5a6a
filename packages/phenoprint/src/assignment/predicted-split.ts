import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { PredictionError } from '../errors.js'
import { matrix, row } from '../evaluation/matrix.js'
import { knownLabel } from '../prediction/calls.js'
import type { PredictionBlock } from '../prediction/predicted-units.js'
import type { PredictionHeader } from '../prediction/prediction-header.js'
import { readPredictions } from '../prediction/unit-predictions.js'
import type { Screen } from '../screen/screen.js'
import type { LabelledUnit } from './calibration.js'

/** The treated units of a split, and what was predicted of them. */
export interface PredictedSplit extends PredictionBlock {
  readonly name: string
  readonly header: PredictionHeader
}

/**
 * Reads the predictions of a split; controls are left out, for they are not called.
 *
 * @returns null when the run has none for it.
 * @throws {PredictionError} when they are broken, or of other classes than the screen.
 */
export async function readSplit(
  run: string,
  name: string,
  screen: Screen,
): Promise<PredictedSplit | null> {
  const path = join(run, 'predictions', `${name}.parquet`)
  if (!existsSync(path)) return null
  const { header, rows, logits } = await readPredictions(path)
  refuseOtherClasses(path, header, screen)
  const treated = [...rows.keys()].filter((index) => rows[index]?.role === 'treatment')
  if (treated.length === rows.length) return { name, header, rows, logits }
  const data = new Float32Array(treated.length * header.classes)
  treated.forEach((index, i) => {
    data.set(row(logits, index), i * header.classes)
  })
  return {
    name,
    header,
    rows: rows.filter(({ role }) => role === 'treatment'),
    logits: matrix(data, treated.length, header.classes),
  }
}

/** Its labelled units, with the given logits `[unit, class]`. */
export function labelledUnits(
  { rows, header }: PredictedSplit,
  logits: PredictionBlock['logits'],
): LabelledUnit[] {
  return rows.flatMap((who, index) => {
    const label = knownLabel(who, header)
    if (label === null) return []
    return [{ cellType: who.cellType, label, logits: row(logits, index) }]
  })
}

function refuseOtherClasses(path: string, header: PredictionHeader, screen: Screen): void {
  const { classes, classNames } = header
  const possible = [screen.classes, screen.classes + screen.controlClasses]
  if (!possible.includes(classes)) {
    throw new PredictionError(
      `assign: ${path} has ${classes} classes, and the screen "${screen.name}" ${possible.join(', or with controls ')}. Name the screen that the models were trained on.`,
    )
  }
  const first = screen.classNames?.findIndex(
    (name, index) => classNames !== null && classNames[index] !== name,
  )
  if (first !== undefined && first !== -1) {
    throw new PredictionError(
      `assign: class ${first} is "${classNames?.[first]}" in ${path}, and "${screen.classNames?.[first]}" in the screen "${screen.name}". The same classes in the same order are needed.`,
    )
  }
}
