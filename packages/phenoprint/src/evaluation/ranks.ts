import type { Row } from './softmax.js'

/**
 * Ascending ranks of a row: 0 for the smallest value, C - 1 for the largest. Equal values share the
 * mean of their ranks, so a tie stays a tie and no class gains by its index.
 */
export function ascendingRanks(values: Row): Float64Array {
  const order = Uint32Array.from(values, (_, i) => i)
  order.sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    const value = values[order[start] ?? 0]
    let end = start + 1
    while (end < order.length && values[order[end] ?? 0] === value) end++
    for (let i = start; i < end; i++) ranks[order[i] ?? 0] = (start + end - 1) / 2
    start = end
  }
  return ranks
}
