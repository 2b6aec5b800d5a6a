import { bootstrapDefaults, bootstrapMean, type Interval } from '../evaluation/bootstrap.js'
import { type Matrix, row } from '../evaluation/matrix.js'
import {
  CellTypeMetricsAccumulator,
  type Metrics,
  type MetricsByCellType,
} from '../evaluation/metrics.js'
import { type Reliability, reliability } from '../evaluation/reliability.js'
import { argmax, logSumExp, type Row } from '../evaluation/softmax.js'
import { knownLabel } from '../prediction/calls.js'
import { groupOfPlate, type PlateGroups } from '../screen/plate-groups.js'
import type { ByCellType } from './calibration.js'
import type { CalledSplit, Flag } from './call-split.js'
import type { PlateCalls } from './plates.js'

/** Figures after one step on the way from predictions to calls. */
export interface Step extends MetricsByCellType {
  readonly name: 'predicted' | 'calibrated' | 'restricted' | 'assigned'
}

/** Steps whose probabilities are looked at bin by bin. */
export type ReliabilityStep = 'predicted' | 'assigned'

/** Figures of the calls of a split, and of the steps on the way. */
export interface AssignedFigures extends MetricsByCellType {
  readonly accuracyInterval: { readonly overall: Interval }
  readonly steps: readonly Step[]
  /** Plates; those whose group the labels tell; and those of them whose group was found. */
  readonly plates: { readonly count: number; readonly known: number; readonly right: number }
  readonly flags: Readonly<Record<Flag, number>>
  /** Of the calls as predicted, and after all steps; null for ranks. */
  readonly reliability: Readonly<Record<ReliabilityStep, ByCellType<Reliability>>> | null
}

/** The group that the labels of a plate tell; null where they are not known, or of several. */
export function knownGroup(
  { split: { rows, header } }: CalledSplit,
  plate: PlateCalls,
  groups: PlateGroups,
): number | null {
  const labels = plate.rows.flatMap((index) => {
    const who = rows[index]
    const label = who === undefined ? null : knownLabel(who, header)
    return label === null ? [] : [label]
  })
  return groupOfPlate(groups, { ...plate, classes: labels })
}

export function assignedFigures(
  called: CalledSplit,
  groups: PlateGroups | null,
  seed: number,
): AssignedFigures {
  const { split, calibrated, restricted, assigned, calls, plates, flags } = called
  const ranks = split.header.scores === 'ranks'
  const step = (name: Step['name'], logits: Matrix, own: Int32Array | null): Step => {
    const metrics = metricsOf(called, logits, own)
    return { name, ...(ranks ? withoutProbabilities(metrics) : metrics) }
  }
  const steps = [
    step('predicted', split.logits, null),
    ...(ranks ? [] : [step('calibrated', calibrated, null)]),
    step('restricted', restricted, null),
    step('assigned', assigned, calls),
  ]
  const { overall, byCellType } = steps.at(-1) ?? step('assigned', assigned, calls)
  const known = plates.map((plate) => (groups === null ? null : knownGroup(called, plate, groups)))
  return {
    overall,
    byCellType,
    accuracyInterval: { overall: intervalOf(called, seed) },
    steps,
    plates: {
      count: plates.length,
      known: known.filter((group) => group !== null).length,
      right: plates.filter(
        ({ choice }, i) => known[i] !== null && choice !== null && choice.group === known[i],
      ).length,
    },
    flags: {
      unknown: countOf(flags, 'unknown'),
      moved: countOf(flags, 'moved'),
      'uncertain group': countOf(flags, 'uncertain group'),
      'no class': countOf(flags, 'no class'),
    },
    reliability: ranks
      ? null
      : {
          predicted: reliabilityOf(called, split.logits, null),
          assigned: reliabilityOf(called, assigned, calls),
        },
  }
}

function metricsOf(
  { split: { rows, header } }: CalledSplit,
  logits: Matrix,
  calls: Int32Array | null,
): MetricsByCellType {
  const accumulator = new CellTypeMetricsAccumulator()
  rows.forEach((who, index) => {
    const label = knownLabel(who, header)
    accumulator.add(row(logits, index), label, who.cellType, calls?.[index])
  })
  return accumulator.result()
}

function withoutProbabilities({ overall, byCellType }: MetricsByCellType): MetricsByCellType {
  const cleared = (of: Metrics): Metrics => ({ ...of, loss: Number.NaN, ece: Number.NaN })
  return {
    overall: cleared(overall),
    byCellType: Object.fromEntries(
      Object.entries(byCellType).map(([name, of]) => [name, cleared(of)]),
    ),
  }
}

/** Units with a known label, and whether their call is it. */
function outcomes({ split: { rows, header } }: CalledSplit, calls: Int32Array) {
  return rows.flatMap((who, index) => {
    const label = knownLabel(who, header)
    return label === null ? [] : [{ who, index, right: label === calls[index] }]
  })
}

function intervalOf(called: CalledSplit, seed: number): Interval {
  const labelled = outcomes(called, called.calls)
  return bootstrapMean(
    labelled.map(({ right }) => (right ? 1 : 0)),
    labelled.map(({ who }) => who.experiment),
    { ...bootstrapDefaults, seed },
  )
}

function reliabilityOf(
  called: CalledSplit,
  logits: Matrix,
  calls: Int32Array | null,
): ByCellType<Reliability> {
  const own = calls ?? Int32Array.from({ length: logits.rows }, (_, i) => argmax(row(logits, i)))
  const labelled = outcomes(called, own).map(({ who, index, right }) => ({
    cellType: who.cellType,
    probability: probabilityOf(row(logits, index), own[index] ?? -1),
    right,
  }))
  const of = (units: typeof labelled) =>
    reliability(
      units.map(({ probability }) => probability),
      units.map(({ right }) => right),
    )
  const names = [...new Set(labelled.map(({ cellType }) => cellType))].sort()
  return {
    overall: of(labelled),
    byCellType: Object.fromEntries(
      names.map((name) => [name, of(labelled.filter(({ cellType }) => cellType === name))]),
    ),
  }
}

function countOf(flags: readonly (readonly Flag[])[], flag: Flag): number {
  return flags.filter((of) => of.includes(flag)).length
}

/** 0 for no class. */
function probabilityOf(logits: Row, call: number): number {
  return call < 0 ? 0 : Math.exp((logits[call] ?? Number.NaN) - logSumExp(logits))
}
