import { expect, it } from 'vitest'
import { askNumbers } from '../testing/python.js'
import { bootstrapExperiments } from './experiment-bootstrap.js'

const options = { seed: 3, resamples: 4000, level: 0.95 }
const experiments = [
  { count: 40, right: 30 },
  { count: 10, right: 1 },
  { count: 25, right: 20 },
  { count: 60, right: 15 },
  { count: 30, right: 24 },
]
type Experiment = (typeof experiments)[number]
const accuracy = (drawn: readonly Experiment[]) =>
  drawn.reduce((sum, { right }) => sum + right, 0) /
  drawn.reduce((sum, { count }) => sum + count, 0)

it('agrees with drawing whole experiments in numpy', () => {
  const script = `
rng = np.random.default_rng(0)
count = np.array([e['count'] for e in d]); right = np.array([e['right'] for e in d])
drawn = rng.integers(0, len(d), (40000, len(d)))
figures = right[drawn].sum(1) / count[drawn].sum(1)
print(json.dumps([right.sum() / count.sum(), *np.quantile(figures, [0.025, 0.975])]))`
  const [mean, lower, upper] = askNumbers(script, experiments)
  const got = bootstrapExperiments(experiments, accuracy, options)
  expect(got.mean).toBeCloseTo(mean ?? Number.NaN, 12)
  expect(Math.abs(got.lower - (lower ?? 9))).toBeLessThan(0.015)
  expect(Math.abs(got.upper - (upper ?? 9))).toBeLessThan(0.015)
})

it('says nothing of one experiment, and depends on the seed alone', () => {
  const none = { lower: Number.NaN, upper: Number.NaN }
  const one = bootstrapExperiments(experiments.slice(1, 2), accuracy, options)
  expect(one).toEqual({ mean: 0.1, ...none })
  expect(bootstrapExperiments([], accuracy, options)).toEqual({ mean: Number.NaN, ...none })
  const few = { ...options, resamples: 101 }
  const first = bootstrapExperiments(experiments, accuracy, few)
  expect(bootstrapExperiments(experiments, accuracy, few)).toEqual(first)
  expect(bootstrapExperiments(experiments, accuracy, { ...few, seed: 4 })).not.toEqual(first)
})

it('leaves draws without a figure out', () => {
  const some = bootstrapExperiments(
    [0, 1],
    (drawn) => (drawn.includes(1) ? drawn.filter((x) => x === 1).length : Number.NaN),
    options,
  )
  expect(some).toEqual({ mean: 1, lower: 1, upper: 2 })
})
