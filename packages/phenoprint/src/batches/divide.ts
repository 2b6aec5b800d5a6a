/**
 * Divides an epoch's samples into batches, in order. A last batch of a single sample joins the one
 * before, for batch norm needs more than one.
 *
 * @param size Above 0.
 */
export function divide<T>(samples: readonly T[], size: number): T[][] {
  return divideCount(samples.length, size).map(([from, to]) => samples.slice(from, to))
}

/** The same, as ranges `[from, to)` of indices. */
export function divideCount(count: number, size: number): [from: number, to: number][] {
  const parts = Math.max(
    count > 0 ? 1 : 0,
    Math.ceil(count / size) - (endsAlone(count, size) ? 1 : 0),
  )
  return Array.from({ length: parts }, (_, part) => [
    part * size,
    part === parts - 1 ? count : (part + 1) * size,
  ])
}

function endsAlone(count: number, size: number): boolean {
  return size > 1 && count % size === 1
}
