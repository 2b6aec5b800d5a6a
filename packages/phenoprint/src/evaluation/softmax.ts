/** A row of numbers, one a class. */
export type Row = Float32Array | Float64Array

/** Natural logarithm of the sum of exponentials, without overflow. */
export function logSumExp(logits: Row): number {
  let largest = Number.NEGATIVE_INFINITY
  // Rows come in two precisions, for which iterators and callbacks are several times as slow.
  for (let i = 0; i < logits.length; i++) {
    const value = logits[i] ?? Number.NaN
    if (value > largest) largest = value
  }
  if (!Number.isFinite(largest)) return largest
  let sum = 0
  for (let i = 0; i < logits.length; i++) sum += Math.exp((logits[i] ?? Number.NaN) - largest)
  return largest + Math.log(sum)
}

/** Probabilities of a row of logits, in double precision. */
export function softmax(logits: Row): Float64Array {
  const offset = logSumExp(logits)
  const probabilities = new Float64Array(logits.length)
  for (let i = 0; i < logits.length; i++) {
    probabilities[i] = Math.exp((logits[i] ?? Number.NaN) - offset)
  }
  return probabilities
}

/** Index of the largest value; of equal ones the lowest index. */
export function argmax(values: Row): number {
  let best = 0
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i
  return best
}

/**
 * Place of a class among all, 0 for the largest value; of equal values the lower index comes first,
 * so place 0 is the class that `argmax` names.
 */
export function placeOf(values: Row, index: number): number {
  const own = values[index] ?? Number.NaN
  let before = 0
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0
    if (value > own || (value === own && i < index)) before++
  }
  return before
}
