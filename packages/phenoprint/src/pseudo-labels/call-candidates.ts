import { uncalibrated } from '../assignment/calibrate.js'
import { valueFor } from '../assignment/calibration.js'
import { assignPlates, findGroups, type Rules, restrictClasses } from '../assignment/plates.js'
import type { PredictedSplit } from '../assignment/predicted-split.js'
import { sharePlates } from '../assignment/share-plates.js'
import type { Section } from '../config/config.js'
import { type Matrix, row } from '../evaluation/matrix.js'
import { argmax, softmax } from '../evaluation/softmax.js'
import { argmaxBut } from '../prediction/calls.js'
import type { PseudoLabel } from '../screen/pseudo-labels.js'
import type { Candidate } from './choose-units.js'

/**
 * Calls the units of a split that have no label yet, as `assign` does but by no label of the split or of
 * validation: probabilities are as predicted. The group of a plate is found from all its wells; a class
 * that an earlier round gave to a well of the plate is open to no other where classes go one to one.
 *
 * @param split The mean of the members' logits.
 * @param members `[member]`, each one's logits of the same units.
 * @param kept Labels of earlier rounds, by unit id.
 */
export function callCandidates(
  split: PredictedSplit,
  members: readonly Matrix[],
  rules: Rules,
  kept: ReadonlyMap<string, PseudoLabel>,
  confidence: Section<'pseudoLabels'>['confidence'],
): Candidate[] {
  const temperatureOf = (name: string) => valueFor(uncalibrated.predicted, name).temperature
  const found = findGroups(split, rules, temperatureOf)
  const restricted = restrictClasses(split, found, rules)
  const isOpen = (index: number) => !kept.has(split.rows[index]?.unit ?? '')
  const { oneToOne } = rules.section
  if (oneToOne !== 'none') closeKept(split, restricted, found, kept, oneToOne)
  const plates = found
    .map((plate) => ({ ...plate, rows: plate.rows.filter(isOpen) }))
    .filter(({ rows }) => rows.length > 0)
  const open = plates.flatMap(({ rows }) => rows)
  const calls =
    oneToOne === 'none'
      ? Int32Array.from(split.rows, (_, index) => argmax(row(restricted, index)))
      : assignPlates(split, restricted, plates, rules)
  const shared =
    oneToOne === 'none' || confidence === 'margin'
      ? restricted
      : sharePlates(restricted, plates, oneToOne, temperatureOf)
  return open.flatMap((index): Candidate[] => {
    const who = split.rows[index]
    const label = calls[index] ?? -1
    if (who === undefined || label < 0) return []
    const values = row(restricted, index)
    const agreeing = members.filter((logits) => bestOf(row(logits, index), values) === label)
    return [
      {
        unit: who.unit,
        plate: `${who.experiment}/${who.plate}`,
        cellType: who.cellType,
        label,
        confidence:
          confidence === 'margin'
            ? marginOf(values, label)
            : (softmax(row(shared, index))[label] ?? 0),
        agreement: agreeing.length / members.length,
      },
    ]
  })
}

/** Takes the classes of labelled wells from the other wells of their plate or experiment. */
function closeKept(
  { rows }: PredictedSplit,
  restricted: Matrix,
  plates: ReturnType<typeof findGroups>,
  kept: ReadonlyMap<string, PseudoLabel>,
  oneToOne: 'plate' | 'experiment',
): void {
  for (const plate of plates) {
    const area = plates.filter(
      (other) =>
        other === plate || (oneToOne === 'experiment' && other.experiment === plate.experiment),
    )
    const used = area.flatMap((of) =>
      of.rows.flatMap((index) => kept.get(rows[index]?.unit ?? '')?.label ?? []),
    )
    for (const index of plate.rows) {
      const values = row(restricted, index)
      for (const label of used) values[label] = Number.NEGATIVE_INFINITY
    }
  }
}

/** The call of a member among the classes that a unit may have. */
function bestOf(logits: ArrayLike<number>, possible: ArrayLike<number>): number {
  let best = -1
  for (let c = 0; c < logits.length; c++) {
    if (possible[c] === Number.NEGATIVE_INFINITY) continue
    if (best < 0 || (logits[c] ?? 0) > (logits[best] ?? 0)) best = c
  }
  return best
}

/** A logit less the greatest of the others; Infinity where no other class is left. */
function marginOf(values: ReturnType<typeof row>, label: number): number {
  const next = argmaxBut(values, label)
  return next === null ? Number.POSITIVE_INFINITY : (values[label] ?? 0) - (values[next] ?? 0)
}
