import { row } from '../evaluation/matrix.js'
import { softmax } from '../evaluation/softmax.js'
import { argmaxBut, callCells, callColumns } from '../prediction/calls.js'
import { CsvFile } from '../prediction/csv-file.js'
import type { PlateGroups } from '../screen/plate-groups.js'
import { type AssignedFigures, knownGroup } from './assigned-figures.js'
import type { CalledSplit } from './call-split.js'

/** `calls.csv` of assign: a line a unit; behind the columns of every `calls.csv` stand its own. */
export function callsFile(path: string): CsvFile {
  return new CsvFile(path, [...callColumns, 'group', 'groupConfidence', 'flags'])
}

/** `plates.csv`: a line a plate. */
export function platesFile(path: string): CsvFile {
  return new CsvFile(path, [
    'split',
    'experiment',
    'plate',
    'cellType',
    'wells',
    'group',
    'confidence',
    'restricted',
    'knownGroup',
    'outcome',
  ])
}

/** The lines of a split in `calls.csv`. */
export function callLines(called: CalledSplit, groups: PlateGroups | null): string[][] {
  const { split, plates, plateOf, calls, flags, assigned } = called
  return split.rows.map((who, index) => {
    const logits = row(assigned, index)
    const call = calls[index] ?? -1
    const { choice = null } = plates[plateOf[index] ?? 0] ?? {}
    return [
      split.name,
      ...callCells(split.header, who, {
        call: call < 0 ? null : call,
        runnerUp: argmaxBut(logits, call),
        probabilities: split.header.scores === 'logits' ? softmax(logits) : null,
      }),
      choice === null ? '' : (groups?.names[choice.group] ?? ''),
      choice === null ? '' : choice.confidence.toFixed(6),
      (flags[index] ?? []).join('; '),
    ]
  })
}

/** The lines of a split in `plates.csv`. */
export function plateLines(called: CalledSplit, groups: PlateGroups | null): string[][] {
  const nameOf = (group: number | null) => (group === null ? '' : (groups?.names[group] ?? ''))
  return called.plates.map((plate) => {
    const { experiment, cellType, rows, choice, restricted } = plate
    const known = groups === null ? null : knownGroup(called, plate, groups)
    return [
      called.split.name,
      experiment,
      plate.plate,
      cellType,
      String(rows.length),
      nameOf(choice?.group ?? null),
      choice === null ? '' : choice.confidence.toFixed(6),
      restricted ? 'yes' : 'no',
      nameOf(known),
      known === null || choice === null ? '' : known === choice.group ? 'right' : 'wrong',
    ]
  })
}

/** `reliability.csv`: a line a bin of stated probability. */
export function reliabilityFile(path: string): CsvFile {
  return new CsvFile(path, [
    'split',
    'step',
    'cellType',
    'from',
    'to',
    'calls',
    'probability',
    'accuracy',
  ])
}

/** The lines of a split in `reliability.csv`; bins without a call are left out, ranks have none. */
export function reliabilityLines(split: string, { reliability }: AssignedFigures): string[][] {
  return Object.entries(reliability ?? {}).flatMap(([step, { overall, byCellType }]) =>
    Object.entries({ all: overall, ...byCellType }).flatMap(([cellType, { bins }]) =>
      bins
        .filter(({ count }) => count > 0)
        .map(({ from, to, count, confidence, accuracy }) => [
          split,
          step,
          cellType,
          ...[from, to].map((bound) => bound.toFixed(4)),
          String(count),
          ...[confidence, accuracy].map((share) => share.toFixed(4)),
        ]),
    ),
  )
}
