import { ShapeError } from '../errors.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { argmax } from '../evaluation/softmax.js'
import { linearAssignment } from './linear-assignment.js'

/**
 * Classes one to one with wells: the assignment of greatest total log-probability.
 *
 * Adding a number to all of a well's values changes nothing, so logits do as well.
 *
 * @param logProbability `[well, class]`, natural logarithm, at most as many wells as classes;
 *   -Infinity is forbidden.
 * @returns `[well]`, the class of each well; no class twice.
 * @throws {ShapeError} when there are more wells than classes, and for NaN or +Infinity.
 * @throws {AssignmentError} when the classes that wells may have do not suffice.
 * @see linearAssignment
 */
export function assignClasses(logProbability: Matrix): Int32Array {
  const { data, rows, columns } = logProbability
  refuseMoreWells(logProbability)
  // Double precision whatever comes in, for the solver's sake.
  const cost = Float64Array.from(data, (value) => -value)
  return linearAssignment(matrix(cost, rows, columns))
}

/**
 * The same by the reference's greedy rule: of all pairs of well and class, by falling value, each is
 * accepted whose well and class are both free. Of equal values the earlier well, then the lower class
 * comes first.
 *
 * @returns `[well]`, the class of each well, no class twice; -1 for a well whose classes all went to
 *   others.
 * @throws {ShapeError} when there are more wells than classes, and for NaN or +Infinity.
 */
export function assignClassesGreedily(logProbability: Matrix): Int32Array {
  const { data, rows, columns } = logProbability
  refuseMoreWells(logProbability)
  const wrong = data.findIndex((value) => !(value < Number.POSITIVE_INFINITY))
  if (wrong >= 0) {
    throw new ShapeError(
      `assignment: got ${data[wrong]} for well ${Math.floor(wrong / columns)}, class ${wrong % columns}; expected numbers, or -Infinity where a class is forbidden.`,
    )
  }
  const classes = new Int32Array(rows).fill(-1)
  const taken = new Uint8Array(columns)
  // The best class of each well that waits: among those free when it was last looked for.
  const best = Int32Array.from({ length: rows }, (_, well) => bestFree(logProbability, well, taken))
  const values = Float64Array.from(best, (index, well) => valueAt(logProbability, well, index))
  for (;;) {
    const well = argmax(values)
    const index = best[well] ?? -1
    if (rows === 0 || values[well] === Number.NEGATIVE_INFINITY) return classes
    if (taken[index] === 1) {
      best[well] = bestFree(logProbability, well, taken)
      values[well] = valueAt(logProbability, well, best[well] ?? -1)
      continue
    }
    classes[well] = index
    taken[index] = 1
    values[well] = Number.NEGATIVE_INFINITY
  }
}

/** The class of greatest value that is free, of equal ones the lowest; -1 where none is. */
function bestFree({ data, columns }: Matrix, well: number, taken: Uint8Array): number {
  let best = -1
  let greatest = Number.NEGATIVE_INFINITY
  for (let index = 0; index < columns; index++) {
    const value = data[well * columns + index] ?? Number.NaN
    if (value <= greatest || taken[index] === 1) continue
    best = index
    greatest = value
  }
  return best
}

function valueAt({ data, columns }: Matrix, well: number, index: number): number {
  return index < 0 ? Number.NEGATIVE_INFINITY : (data[well * columns + index] ?? Number.NaN)
}

function refuseMoreWells({ rows, columns }: Matrix): void {
  if (rows <= columns) return
  throw new ShapeError(
    `assignment: got ${rows} wells for ${columns} classes, expected at most as many wells as classes, for each class goes to one well.`,
  )
}
