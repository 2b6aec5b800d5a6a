import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '../../scripts/setup/paths.mjs'
import { twoWayBootstrap } from './two-way-bootstrap.mjs'

/** @import { Cell, Draw } from './two-way-bootstrap.mjs' */

/** Five seeds, four experiments of unlike sizes. */
/** @type {Cell[][]} */
const cells = Array.from({ length: 5 }, (_, seed) =>
  [24, 24, 12, 30].map((wells, experiment) => ({
    wells,
    arm: Math.min(wells, 7 + ((seed * 5 + experiment * 3) % 8)),
    against: 4 + ((seed * 3 + experiment * 7) % 6),
  })),
)

/** @param {string} script @param {unknown} input */
function askPython(script, input) {
  const preamble = 'import json, sys\nimport numpy as np\nd = json.load(sys.stdin)\n'
  const python = join(root, 'scripts/test/oracles/python')
  return JSON.parse(
    execFileSync(python, ['-c', preamble + script], { input: JSON.stringify(input) }).toString(),
  )
}

describe('the paired difference', () => {
  it('and its interval are those of numpy for the same draws', () => {
    /** @type {Draw[]} */
    const draws = Array.from({ length: 400 }, (_, draw) => ({
      seeds: cells.map((_, place) => (draw * 7 + place * place * (draw % 3) + 2 * place) % 5),
      experiments: cells[0].map((_, place) => (draw * 5 + place * (draw % 7)) % 4),
    }))
    const theirs = askPython(
      `
gain = np.array([[c['arm'] - c['against'] for c in row] for row in d['cells']], float)
wells = np.array([[c['wells'] for c in row] for row in d['cells']], float)
drawn = []
for draw in d['draws']:
    at = np.ix_(draw['seeds'], draw['experiments'])
    drawn.append(gain[at].sum() / wells[at].sum())
print(json.dumps([gain.sum() / wells.sum(), *np.quantile(drawn, [0.05, 0.95])]))`,
      { cells, draws },
    )
    const { mean, lower, upper } = twoWayBootstrap(cells, { draws, level: 0.9 })
    expect(mean).toBeCloseTo(theirs[0], 12)
    expect(lower).toBeCloseTo(theirs[1], 12)
    expect(upper).toBeCloseTo(theirs[2], 12)
  })

  it('has the interval that scipy gives for seeds alone, where experiments are alike', () => {
    const seeds = [1, 4, 2, 7, 3, 3, 9, 0]
    const alike = seeds.map((gained) =>
      [0, 1].map(() => ({ arm: 10 + gained, against: 10, wells: 100 })),
    )
    const [lower, upper] = askPython(
      `
from scipy.stats import bootstrap
found = bootstrap((np.array(d) / 100,), np.mean, n_resamples=100000, method='percentile', rng=1)
print(json.dumps([*found.confidence_interval]))`,
      seeds,
    )
    const ours = twoWayBootstrap(alike)
    expect(Math.abs(ours.lower - lower)).toBeLessThan(0.0015)
    expect(Math.abs(ours.upper - upper)).toBeLessThan(0.0015)
  })

  it('is the same every time, and has no interval from one seed or one experiment', () => {
    expect(twoWayBootstrap(cells)).toEqual(twoWayBootstrap(cells))
    for (const few of [cells.slice(0, 1), cells.map((row) => row.slice(0, 1))]) {
      const { mean, lower, upper } = twoWayBootstrap(few)
      expect(mean).not.toBeNaN()
      expect([lower, upper]).toEqual([Number.NaN, Number.NaN])
    }
  })
})
