import { expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { type Averaging, averageLevels, type LevelRow } from './view-levels.js'

const sites = ['1', '2']
const tiles = ['0', '1', '2', '3']
const symmetries = ['identity', 'rot90', 'flipX']

/** Views of a unit with 5 classes, in the order of a file: `[site, tile, symmetry]`. */
const views: LevelRow[] = sites.flatMap((site) =>
  tiles.flatMap((tile) =>
    symmetries.map((symmetry) => {
      const draw = randomStream(3, `${site} ${tile} ${symmetry}`)
      const logits = Float64Array.from({ length: 5 }, () => draw.normal())
      return { sites: site, tiles: tile, symmetries: symmetry, logits }
    }),
  ),
)

function averagingOf(averaging: object[]): Averaging {
  const section = configSchema.parse({ evaluation: { from: ['x'], averaging } }).evaluation
  return section?.averaging ?? []
}

const numbers = (rows: readonly LevelRow[] | undefined) =>
  (rows ?? []).flatMap(({ logits }) => [...logits])

it('averages level by level as numpy does along its axes', () => {
  const averaging = averagingOf([
    { level: 'symmetries', reduce: 'logitMedian' },
    { level: 'tiles', weights: { 0: 1, 1: 2, 2: 3, 3: 4 } },
    { level: 'sites', reduce: 'probabilityMean' },
  ])
  const script = `
from scipy.special import log_softmax
x = np.array(d).reshape(2, 4, 3, 5)
a = np.median(x, axis=2)
b = np.average(a, axis=1, weights=[1, 2, 3, 4])
c = np.log(np.exp(log_softmax(b, axis=1)).mean(0))
print(json.dumps([*a.ravel(), *b.ravel(), *c]))`
  const expected = askNumbers(script, numbers(views))
  const [none, ...stages] = averageLevels(views, averaging)
  expect(none).toEqual(views)
  expect(stages.map(({ length }) => length)).toEqual([8, 2, 1])
  stages.flatMap(numbers).forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 12)
  })
})

it('lets only the first count of a level that is off', () => {
  const [first, averaged] = averageLevels(views, averagingOf([{ level: 'tiles' }]))
  expect(first).toHaveLength(4)
  const kept = views.filter(({ sites: s, symmetries: y }) => s === '1' && y === 'identity')
  expect(numbers(first)).toEqual(numbers(kept))
  const mean = [0, 1, 2, 3, 4].map((c) =>
    kept.reduce((sum, { logits }) => sum + (logits[c] ?? 0) / 4, 0),
  )
  numbers(averaged).forEach((value, c) => {
    expect(value).toBeCloseTo(mean[c] ?? Number.NaN, 12)
  })
  expect(numbers(averageLevels(views, [])[0])).toEqual(numbers(views.slice(0, 1)))
})

it('refuses a weight that is missing, a level named twice, and probabilities of ranks', () => {
  const weights = { identity: 2, rot90: 1 }
  expect(() => averageLevels(views, averagingOf([{ level: 'symmetries', weights }]))).toThrow(
    'symmetries: no weight for "flipX"; weights are given for identity, rot90',
  )
  expect(() => averagingOf([{ level: 'tiles' }, { level: 'tiles' }])).toThrow('at most once')
  const ranks = { level: 'tiles', reduce: 'rankMean' }
  expect(() => averagingOf([ranks, { level: 'sites', reduce: 'probabilityMean' }])).toThrow('ranks')
})
