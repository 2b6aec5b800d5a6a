import type { BootstrapOptions, Interval } from '../evaluation/bootstrap.js'
import {
  type Breakdown,
  BreakdownAccumulator,
  type ExperimentCount,
} from '../evaluation/breakdown.js'
import { bootstrapExperiments } from '../evaluation/experiment-bootstrap.js'

/** For all rows and for those of each cell type; the bounds are NaN where there are too few experiments. */
export interface Intervals {
  readonly overall: Interval
  readonly byCellType: Readonly<Record<string, Interval>>
}

/** Figures after one step on the way from single views to calls. */
export interface StepFigures extends Breakdown {
  readonly step: string
  /** Of the accuracy, by bootstrap over experiments. */
  readonly accuracyInterval: Intervals
  /** What the step adds to the accuracy of the step before; null for the first. */
  readonly gain: Intervals | null
}

/** Figures of the splits of one run. */
export interface EvaluatedRun {
  readonly run: string
  readonly verb: string
  readonly splits: Readonly<Record<string, readonly StepFigures[]>>
}

/** What one step gives: its name, and its rows as they were scored. */
export interface ScoredStep {
  readonly step: string
  readonly rows: BreakdownAccumulator
}

/** Begins a step; `probabilities` says whether its rows are logits and not ranks. */
export function scoredStep(step: string, probabilities: boolean): ScoredStep {
  return { step, rows: new BreakdownAccumulator(probabilities) }
}

/** Figures of steps in their order, with what each adds to the one before. */
export function stepFigures(
  steps: readonly ScoredStep[],
  options: BootstrapOptions,
): StepFigures[] {
  return steps.map(({ step, rows }, index) => {
    const before = steps[index - 1]?.rows.experimentCounts() ?? null
    const after = rows.experimentCounts()
    const breakdown = rows.result()
    const cellTypes = Object.keys(breakdown.byCellType)
    const intervals = (ofCellType: (name: string | null) => Interval): Intervals => ({
      overall: ofCellType(null),
      byCellType: Object.fromEntries(cellTypes.map((name) => [name, ofCellType(name)])),
    })
    return {
      step,
      ...breakdown,
      accuracyInterval: intervals((name) =>
        bootstrapExperiments(
          experimentsOf([], after, name),
          (drawn) => accuracyOf(drawn, 'after'),
          options,
        ),
      ),
      gain:
        before === null
          ? null
          : intervals((name) =>
              bootstrapExperiments(
                experimentsOf(before, after, name),
                (drawn) => accuracyOf(drawn, 'after') - accuracyOf(drawn, 'before'),
                options,
              ),
            ),
    }
  })
}

interface Count {
  readonly count: number
  readonly right: number
}

/** An experiment before and after a step. */
interface Experiment {
  readonly before: Count
  readonly after: Count
}

/** The experiments of a cell type, or (null) of all; in a fixed order, so that draws are the same. */
function experimentsOf(
  before: readonly ExperimentCount[],
  after: readonly ExperimentCount[],
  cellType: string | null,
): Experiment[] {
  const chosen = (counts: readonly ExperimentCount[]) =>
    counts.filter((of) => cellType === null || of.cellType === cellType)
  const names = [...new Set(chosen(after).map(({ experiment }) => experiment))].sort()
  return names.map((name) => {
    const sum = (counts: readonly ExperimentCount[]): Count => {
      const own = chosen(counts).filter(({ experiment }) => experiment === name)
      return {
        count: own.reduce((total, { count }) => total + count, 0),
        right: own.reduce((total, { right }) => total + right, 0),
      }
    }
    return { before: sum(before), after: sum(after) }
  })
}

function accuracyOf(experiments: readonly Experiment[], when: 'before' | 'after'): number {
  let count = 0
  let right = 0
  for (const experiment of experiments) {
    count += experiment[when].count
    right += experiment[when].right
  }
  return right / count
}
