import { bootstrapMean } from '../../evaluation/bootstrap.js'
import type { AccuracyPart } from '../plots/accuracy.js'
import type { CalledWell } from './called-wells.js'
import { groupBy } from './group-by.js'

/** What units may be grouped by. */
export type PartKind = 'all' | 'cell type' | 'experiment' | 'plate'

const keys: Readonly<Record<PartKind, (well: CalledWell) => string>> = {
  all: () => 'all',
  'cell type': ({ cellType }) => cellType,
  experiment: ({ experiment }) => experiment,
  plate: ({ experiment, plate }) => `${experiment} / ${plate}`,
}

/** Accuracy of each part of a run's labelled units, with intervals by bootstrap within experiments. */
export function accuracyParts(
  run: string,
  wells: readonly CalledWell[],
  kind: PartKind,
): AccuracyPart[] {
  const known = wells.filter(({ outcome }) => outcome !== 'unknown')
  return [...groupBy(known, keys[kind])].sort().map(([part, own]) => ({
    run,
    part,
    units: own.length,
    accuracy: bootstrapMean(
      own.map(({ outcome }) => (outcome === 'right' ? 1 : 0)),
      own.map(({ experiment }) => experiment),
    ),
  }))
}
