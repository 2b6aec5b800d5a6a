import { logSumExp, type Row } from '../evaluation/softmax.js'

/** What is done to a member's row `[class]` before it is averaged. */
export type Prepare = (logits: Row, run: string) => Row

/**
 * A member's row with only its k best classes told apart; the others share what is left evenly. Of
 * logits that is their probability, so the row is as certain of its best classes as before; of ranks,
 * their mean rank.
 *
 * @param values `[class]`; of equal ones the lower index is the better class.
 * @returns `[class]`; the row itself when k is no less than the number of classes.
 */
export function keepTopClasses(values: Row, k: number, scores: 'logits' | 'ranks'): Row {
  if (k >= values.length) return values
  const order = Uint32Array.from(values, (_, i) => i)
  order.sort((a, b) => (values[b] ?? 0) - (values[a] ?? 0) || a - b)
  const others = Float64Array.from(order.subarray(k), (c) => values[c] ?? 0)
  const shared =
    scores === 'ranks'
      ? others.reduce((sum, value) => sum + value, 0) / others.length
      : logSumExp(others) - Math.log(others.length)
  const kept = new Float64Array(values.length).fill(shared)
  for (const c of order.subarray(0, k)) kept[c] = values[c] ?? 0
  return kept
}
