import type { Section } from '../config/config.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'

/** A plate of predicted wells. */
export interface PlateWells {
  readonly experiment: string
  readonly plate: string
  readonly cellType: string
  /** Its wells: rows of the block. */
  readonly rows: readonly number[]
}

/** Wells that share out classes among them: those of a plate, or of an experiment. */
export interface Area {
  readonly cellType: string
  /** Rows of the block. */
  readonly wells: readonly number[]
  /** The classes that any of them may have. */
  readonly classes: readonly number[]
  /** `[well, class]`, of those wells and classes; -Infinity is forbidden. */
  readonly scores: Matrix
}

/**
 * The areas of a block, one after another.
 *
 * @param restricted `[well, class]` of the block, -Infinity where a well cannot have a class.
 */
export function* areasOf(
  restricted: Matrix,
  plates: readonly PlateWells[],
  oneToOne: Section<'assignment'>['oneToOne'],
): Generator<Area> {
  const together =
    oneToOne === 'experiment' ? [...byExperiment(plates).values()] : plates.map((plate) => [plate])
  for (const area of together) {
    const wells = area.flatMap(({ rows }) => rows)
    yield { cellType: area[0]?.cellType ?? '', wells, ...possible(restricted, wells) }
  }
}

/** Plates of each experiment. */
export function byExperiment<P extends { readonly experiment: string }>(
  plates: readonly P[],
): Map<string, P[]> {
  const experiments = new Map<string, P[]>()
  for (const plate of plates) {
    const of = experiments.get(plate.experiment) ?? []
    of.push(plate)
    experiments.set(plate.experiment, of)
  }
  return experiments
}

function possible(
  restricted: Matrix,
  wells: readonly number[],
): { scores: Matrix; classes: number[] } {
  const open = new Uint8Array(restricted.columns)
  for (const well of wells) {
    row(restricted, well).forEach((value, c) => {
      if (value !== Number.NEGATIVE_INFINITY) open[c] = 1
    })
  }
  const classes = [...open.keys()].filter((c) => open[c] === 1)
  const data = new Float64Array(wells.length * classes.length)
  wells.forEach((well, i) => {
    const values = row(restricted, well)
    classes.forEach((c, j) => {
      data[i * classes.length + j] = values[c] ?? 0
    })
  })
  return { scores: matrix(data, wells.length, classes.length), classes }
}
