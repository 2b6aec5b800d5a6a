/**
 * Fewest insertions, deletions, substitutions and swaps of neighbours from one string to the other,
 * where no place is changed twice.
 *
 * @see Damerau 1964, Communications of the ACM 7:171 (optimal string alignment).
 */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const substituted = (last[column - 1] ?? 0) + (same ? 0 : 1)
      const removed = (last[column] ?? 0) + 1
      const inserted = (current[column - 1] ?? 0) + 1
      const crossed = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      const swapped = crossed ? (beforeLast[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(substituted, removed, inserted, swapped))
    }
    beforeLast = last
    last = current
  }
  return last[b.length] ?? 0
}

/**
 * What a person probably meant: the candidate with the fewest edits from what they wrote, where
 * case, `-` and `_` do not count. Of equals the first.
 *
 * @param spelling How a candidate is written, where that is not the candidate itself.
 * @returns null when more than a third of the letters would have to change.
 */
export function nearest(
  got: string,
  candidates: readonly string[],
  spelling: (candidate: string) => string = (candidate) => candidate,
): string | null {
  const plain = (text: string) => text.toLowerCase().replace(/[-_]/g, '')
  const wanted = plain(got)
  let best: string | null = null
  let least = Math.max(1, Math.ceil(wanted.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(spelling(candidate)))
    if (distance < least) {
      least = distance
      best = candidate
    }
  }
  return best
}
