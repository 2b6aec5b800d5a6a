/** What resident memory may grow by, once the first 30 steps have made what stays. */
const allowedGrowth = 0.02
const warmUp = 30
/** How many steps a mean or a median is taken over. */
const window = 20

/** @typedef {{ losses: number[], resident: number[], tensors: number[], seconds: number }} Measured after each step. */

/**
 * What came of a try. Of a hundred steps the loss must fall, resident memory stay and the count of tensors be one
 * number; of two it is only told, but each loss must be finite.
 *
 * @param {Measured} measured
 * @param {number} steps At least so many.
 */
export function judge({ losses, resident, tensors, seconds }, steps) {
  const long = losses.length >= warmUp + 2 * window
  const first = long ? mean(losses.slice(0, window)) : (losses[0] ?? Number.NaN)
  const last = long ? mean(losses.slice(-window)) : (losses.at(-1) ?? Number.NaN)
  const before = median(resident.slice(warmUp, warmUp + window))
  const growth = long ? median(resident.slice(-window)) / before - 1 : null
  // What an average of weights holds comes with its first epoch.
  const counts = new Set(long ? tensors.slice(warmUp) : tensors)
  const faults = [
    ...(losses.length < steps ? [`only ${losses.length} of ${steps} steps`] : []),
    ...(losses.every(Number.isFinite) ? [] : ['a loss is not finite']),
    ...(long && !(last < first) ? ['the loss does not fall'] : []),
    ...(growth !== null && growth > allowedGrowth ? ['resident memory grows'] : []),
    ...(counts.size > 1 ? ['the count of tensors changes'] : []),
  ]
  const most = Math.max(...resident)
  return { steps: losses.length, first, last, growth, most, tensors: [...counts], seconds, faults }
}

export const tableHead = `| recipe | tile | steps | loss at first | at last | resident, most | grown | tensors | s | |
|---|---|---|---|---|---|---|---|---|---|`

/**
 * @param {string} recipe
 * @param {number} tile
 * @param {ReturnType<typeof judge>} of
 */
export function row(recipe, tile, { steps, first, last, growth, most, tensors, seconds, faults }) {
  const grown = growth === null ? '' : `${(100 * growth).toFixed(2)} %`
  const cells = [
    ...[recipe, `${tile}x${tile}`, steps, first.toFixed(3), last.toFixed(3)],
    ...[`${(most / 2 ** 30).toFixed(2)} GiB`, grown, tensors.join(', '), seconds.toFixed(0)],
    faults.join(', ') || 'ok',
  ]
  return `| ${cells.join(' | ')} |`
}

/** @param {number[]} values */
function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** @param {number[]} values */
function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
