import type { Calls } from '../../api/run.js'

/** A well as a run called it. */
export interface CalledWell {
  readonly split: string
  readonly experiment: string
  readonly plate: string
  readonly well: string
  readonly cellType: string
  readonly unit: string
  readonly call: string
  /** Empty where it is not known. */
  readonly label: string
  readonly outcome: 'right' | 'wrong' | 'unknown'
  readonly probability: number | null
}

/** The rows of a table that comes by columns. */
export function calledWells(calls: Calls): CalledWell[] {
  return calls.unit.map((unit, i) => ({
    unit,
    split: calls.split[i] ?? '',
    experiment: calls.experiment[i] ?? '',
    plate: calls.plate[i] ?? '',
    well: calls.well[i] ?? '',
    cellType: calls.cellType[i] ?? '',
    call: calls.call[i] ?? '',
    label: calls.label[i] ?? '',
    outcome: calls.outcome[i] ?? 'unknown',
    probability: calls.probability[i] ?? null,
  }))
}
