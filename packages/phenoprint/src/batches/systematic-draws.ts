import type { RandomStream } from '../random.js'

/**
 * How often each item is drawn: `draws` in all, each the floor or the ceiling of its share, which is
 * what it is drawn on average. With equal weights and as many draws as items, each is drawn once.
 *
 * Systematic sampling: the items lie end to end, as long as their shares, and what a comb of unit
 * pitch and random start touches is drawn. They lie in a random order, so that no two exclude each
 * other for ever.
 *
 * @param weights Not negative, and not all zero.
 * @see Madow & Madow 1944, Annals of Mathematical Statistics 15:1.
 */
export function systematicDraws(
  weights: Float64Array,
  draws: number,
  stream: RandomStream,
): Uint32Array {
  const counts = new Uint32Array(weights.length)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  const order = stream.permutation(weights.length)
  const start = stream.uniform()
  let sum = 0
  let teeth = 0
  order.forEach((item, place) => {
    sum += weights[item] ?? 0
    // The last end is the whole, whatever rounding has made of it.
    const end = place === order.length - 1 ? draws : Math.min(draws, (sum / total) * draws)
    const before = Math.max(teeth, Math.ceil(end - start))
    counts[item] = before - teeth
    teeth = before
  })
  return counts
}
