/** The index that stands at a place outside `0..count-1`. */
export function mirrored(index: number, count: number): number {
  if (index >= 0 && index < count) return index
  const period = 2 * count
  const within = ((index % period) + period) % period
  return within < count ? within : period - 1 - within
}

/**
 * The rows (or columns) of an image that a warp reads, when it asks for places from `first` to
 * `last`, mirrored at the edges.
 *
 * @returns `[from, to)`
 */
export function mirroredRange(
  first: number,
  last: number,
  count: number,
): [from: number, to: number] {
  const low = Math.floor(first)
  const high = Math.floor(last) + 1
  if (low < -count || high >= 2 * count) return [0, count]
  const from = Math.min(Math.max(low, 0), high >= count ? 2 * count - 1 - high : count - 1)
  const to = Math.max(Math.min(high, count - 1), low < 0 ? -low - 1 : 0)
  return [from, to + 1]
}
