/**
 * The value that would stand at a place if values were sorted. Moves them about: smaller ones, or
 * equal, then stand before that place, and larger ones, or equal, behind it.
 *
 * @param place 0 to length - 1.
 * @see Hoare 1961, "Algorithm 65: Find" (Communications of the ACM 4:321).
 */
export function nthSmallest(values: Float32Array, place: number): number {
  let first = 0
  let last = values.length - 1
  while (first < last) {
    const pivot = values[place] ?? Number.NaN
    let left = first
    let right = last
    while (left <= right) {
      while ((values[left] ?? Number.NaN) < pivot) left++
      while (pivot < (values[right] ?? Number.NaN)) right--
      if (left > right) break
      const kept = values[left] ?? Number.NaN
      values[left++] = values[right] ?? Number.NaN
      values[right--] = kept
    }
    if (right < place) first = left
    if (place < left) last = right
  }
  return values[place] ?? Number.NaN
}
