import { expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { bootstrapMean } from './bootstrap.js'

const options = { seed: 4, resamples: 4000, level: 0.95 }

it('agrees with a bootstrap within strata in numpy', () => {
  const draw = randomStream(2, 'outcomes')
  const strata = Array.from({ length: 300 }, (_, i) => (i < 60 ? 'small' : 'large'))
  const values = strata.map((name) => (draw.uniform() < (name === 'small' ? 0.9 : 0.3) ? 1 : 0))
  const script = `
rng = np.random.default_rng(0); v = np.array(d['values']); s = np.array(d['strata'])
groups = [v[s == name] for name in np.unique(s)]
means = [np.concatenate([rng.choice(g, len(g)) for g in groups]).mean() for _ in range(20000)]
print(json.dumps([v.mean(), *np.quantile(means, [0.025, 0.975])]))`
  const [mean, lower, upper] = askNumbers(script, { values, strata })
  const got = bootstrapMean(values, strata, options)
  expect(got.mean).toBeCloseTo(mean ?? Number.NaN, 12)
  // Monte Carlo error of a quantile of 4,000 resamples is about 0.001 here.
  expect(Math.abs(got.lower - (lower ?? 0))).toBeLessThan(0.005)
  expect(Math.abs(got.upper - (upper ?? 0))).toBeLessThan(0.005)
})

it('has no width where units of a stratum are alike', () => {
  const interval = bootstrapMean([1, 1, 0, 0], ['a', 'a', 'b', 'b'], options)
  expect(interval).toEqual({ mean: 0.5, lower: 0.5, upper: 0.5 })
})

it('depends on the seed alone', () => {
  const values = Array.from({ length: 50 }, (_, i) => i / 49)
  const strata = values.map(() => 'one')
  const first = bootstrapMean(values, strata, options)
  expect(bootstrapMean(values, strata, options)).toEqual(first)
  expect(bootstrapMean(values, strata, { ...options, seed: 5 })).not.toEqual(first)
})

it('knows nothing without units, and refuses lengths that differ', () => {
  expect(bootstrapMean([], [], options).mean).toBeNaN()
  expect(() => bootstrapMean([1], [], options)).toThrow('1 values and 0 strata')
})
