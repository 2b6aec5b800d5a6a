/**
 * Measures contenders in turn, so that a machine that grows slower or hotter does so for all of
 * them. Each round begins with the next contender, so that none always follows the same other.
 *
 * @param {Record<string, () => number | Promise<number>>} contenders each runs once and returns its
 *   own figure, in one unit.
 * @param {object} [options]
 * @param {number} [options.runs] counted ones.
 * @param {number} [options.warmUps] uncounted ones before them.
 * @param {(name: string, figure: number, run: number) => void} [options.onRun] after each counted run.
 * @returns {Promise<Record<string, number[]>>} the figures of each contender, `runs` of them.
 */
export async function interleave(contenders, { runs = 5, warmUps = 1, onRun = () => {} } = {}) {
  const names = Object.keys(contenders)
  /** @type {Record<string, number[]>} */
  const figures = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = -warmUps; round < runs; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round + warmUps) % names.length]
      const figure = await contenders[name]()
      if (round < 0) continue
      figures[name].push(figure)
      onRun(name, figure, round + 1)
    }
  }
  return figures
}
