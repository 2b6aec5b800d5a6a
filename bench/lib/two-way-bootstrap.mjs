/**
 * What one seed and one test experiment give to a comparison: wells called right by each arm, of how many.
 *
 * @typedef {{ arm: number, against: number, wells: number }} Cell
 *
 * @typedef {object} Difference
 * @property {number} mean accuracy of the arm less that of what it stands against.
 * @property {number} lower
 * @property {number} upper
 */

export const resamples = 10_000

/**
 * The paired difference of two arms' accuracies with its percentile interval, seeds and experiments both drawn
 * again: each draw takes as many seeds and as many experiments as there are, with replacement, and every
 * pair of them. A seed serves all experiments and an experiment all seeds, so pairs are not independent;
 * drawing pairs by themselves would give too narrow an interval.
 *
 * @param {Cell[][]} cells `[seed][experiment]`; both arms saw the same wells.
 * @param {object} [options]
 * @param {number} [options.level] share of the draws within the interval.
 * @param {Iterable<Draw>} [options.draws] which seeds and experiments, by place.
 * @returns {Difference} with fewer than two seeds or two experiments the bounds are NaN.
 * @see Owen 2007, "The pigeonhole bootstrap", Annals of Applied Statistics 1:386.
 */
export function twoWayBootstrap(
  cells,
  { level = 0.95, draws = drawBoth(cells.length, cells[0].length, resamples) } = {},
) {
  const all = { seeds: [...cells.keys()], experiments: [...cells[0].keys()] }
  const mean = difference(cells, all)
  if (cells.length < 2 || cells[0].length < 2) return { mean, lower: Number.NaN, upper: Number.NaN }
  const drawn = Float64Array.from(draws, (draw) => difference(cells, draw)).sort()
  return {
    mean,
    lower: quantile(drawn, (1 - level) / 2),
    upper: quantile(drawn, (1 + level) / 2),
  }
}

/**
 * @typedef {{ seeds: number[], experiments: number[] }} Draw
 *
 * @param {Cell[][]} cells
 * @param {Draw} draw
 */
function difference(cells, { seeds, experiments }) {
  let gained = 0
  let wells = 0
  for (const seed of seeds) {
    for (const experiment of experiments) {
      const cell = cells[seed][experiment]
      gained += cell.arm - cell.against
      wells += cell.wells
    }
  }
  return gained / wells
}

/**
 * @param {number} seeds
 * @param {number} experiments
 * @param {number} count
 * @returns {Generator<Draw>} the same ones every time.
 */
function* drawBoth(seeds, experiments, count) {
  const below = smallIntegers(2463534242)
  for (let draw = 0; draw < count; draw++) {
    yield {
      seeds: Array.from({ length: seeds }, () => below(seeds)),
      experiments: Array.from({ length: experiments }, () => below(experiments)),
    }
  }
}

/**
 * Whole numbers below a small one, by xorshift.
 *
 * @param {number} state not 0.
 * @see Marsaglia 2003, "Xorshift RNGs", Journal of Statistical Software 8(14).
 */
function smallIntegers(state) {
  /** @param {number} count */
  return (count) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return Math.floor(((state >>> 0) / 0x1_0000_0000) * count)
  }
}

/**
 * Linear between the values (Hyndman & Fan 1996, type 7).
 *
 * @param {Float64Array} sorted
 * @param {number} share
 */
function quantile(sorted, share) {
  const position = share * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(position)], sorted[Math.ceil(position)]]
  return below + (position - Math.floor(position)) * (above - below)
}
