/**
 * @param {number[]} values at least one.
 * @returns {number} the middle value, or the mean of the two in the middle.
 */
export function median(values) {
  if (values.length === 0) throw new RangeError('median of no values')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/**
 * How much better ours is than the peer's.
 *
 * @param {number} ours
 * @param {number} peer
 * @param {'lower' | 'higher'} better
 * @returns {number} above 1: ours is better by that factor.
 */
export function ratio(ours, peer, better) {
  return better === 'lower' ? peer / ours : ours / peer
}

/** @param {number} value @param {number} [digits] significant ones. */
export function rounded(value, digits = 4) {
  return Number(value.toPrecision(digits))
}
