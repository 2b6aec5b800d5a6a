import { describe, expect, it } from 'vitest'
import { reductions } from '../config/averaging.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { matrix } from './matrix.js'
import { createReducer, reduce, weightedMedian } from './reductions.js'

const rows = 5
const classes = 7

/** Logits with ties, in halves so that they are exact in float32. */
function logits(members: number): number[][] {
  const draw = randomStream(3, 'reductions')
  return Array.from({ length: members }, () =>
    Array.from({ length: rows * classes }, () => draw.integer(24) / 2 - 6),
  )
}

const cases = [
  { name: 'an odd count of equal weights', weights: [1, 1, 1] },
  { name: 'an even count of equal weights', weights: [1, 1, 1, 1] },
  { name: 'whole weights', weights: [2, 1, 3, 1] },
  { name: 'weights that meet at half', weights: [1, 3, 2, 2] },
]

/** From the formulas, with scipy's ranks and numpy's median of values repeated by their weights. */
const oracle = `
from scipy.special import log_softmax
from scipy.stats import rankdata
def answer(kind, x, w):
    if kind.startswith('probability'): x = np.exp(log_softmax(x, axis=2))
    if kind.startswith('rank'): x = rankdata(x, method='average', axis=2) - 1
    if kind.endswith('Mean'): y = np.average(x, axis=0, weights=w)
    else: y = np.median(np.repeat(x, w, axis=0), axis=0)
    if kind == 'probabilityMedian': y = y / y.sum(1, keepdims=True)
    if kind.startswith('probability'): y = np.log(y)
    return y.ravel().tolist()
print(json.dumps([v for kind in d['reductions'] for c in d['cases']
    for v in answer(kind, np.array(c['x']).reshape(len(c['w']), d['rows'], d['classes']), c['w'])]))`

it('equals numpy for every reduction and kind of weights', () => {
  const expected = askNumbers(oracle, {
    rows,
    classes,
    reductions,
    cases: cases.map(({ weights }) => ({ x: logits(weights.length).flat(), w: weights })),
  })
  expect(expected).toHaveLength(reductions.length * cases.length * rows * classes)
  let next = 0
  for (const reduction of reductions) {
    for (const { name, weights } of cases) {
      const members = logits(weights.length)
      const matrices = members.map((member) => matrix(Float32Array.from(member), rows, classes))
      const got = reduce(matrices, reduction, weights)
      for (const value of got.data) {
        expect(value, `${reduction}, ${name}`).toBeCloseTo(expected[next++] ?? Number.NaN, 5)
      }
    }
  }
})

describe.each(reductions)('%s', (reduction) => {
  it('does not depend on the scale of the weights', () => {
    const matrices = logits(4).map((member) => matrix(Float32Array.from(member), rows, classes))
    const whole = reduce(matrices, reduction, [1, 3, 2, 2])
    const tenths = reduce(matrices, reduction, [0.1, 0.3, 0.2, 0.2])
    tenths.data.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.data[i] ?? Number.NaN, 5)
    })
  })

  it('is empty again after a row was taken', () => {
    const reducer = createReducer(reduction, 2)
    reducer.add(Float32Array.of(5, -5))
    reducer.take()
    expect(reducer.count).toBe(0)
    reducer.add(Float32Array.of(0, 0))
    const [a, b] = reducer.take()
    expect(a).toBe(b)
  })

  it('may be given the same buffer for each row', () => {
    const buffer = Float32Array.of(1, 2)
    const reducer = createReducer(reduction, 2)
    reducer.add(buffer)
    buffer.set([2, 1])
    reducer.add(buffer)
    const [a, b] = reducer.take()
    expect(a).toBeCloseTo(b ?? Number.NaN, 12)
  })

  it('refuses no rows, rows of another length, and weights of zero', () => {
    const reducer = createReducer(reduction, 2)
    expect(() => reducer.take()).toThrow('no row')
    expect(() => reducer.add(Float32Array.of(1))).toThrow('expected 2')
    expect(() => reducer.add(Float32Array.of(1, 2), 0)).toThrow('above 0')
  })
})

it('keeps a tie a tie in ranks', () => {
  const reducer = createReducer('rankMean', 4)
  reducer.add(Float32Array.of(3, 1, 3, 2))
  expect([...reducer.take()]).toEqual([2.5, 0, 2.5, 1])
})

it('gives a finite logarithm where every probability underflows', () => {
  const reducer = createReducer('probabilityMean', 2)
  reducer.add(Float32Array.of(0, -2000))
  expect([...reducer.take()].every(Number.isFinite)).toBe(true)
})

it('takes the mean of two neighbours exactly where half of the weight is reached', () => {
  expect(weightedMedian(Float64Array.of(1, 2, 10), [0.1, 0.2, 0.3])).toBe(6)
  expect(weightedMedian(Float64Array.of(10, 1, 2), [3, 1, 1])).toBe(10)
})

it('refuses matrices of different shapes', () => {
  const one = matrix(new Float32Array(6), 2, 3)
  const other = matrix(new Float32Array(6), 3, 2)
  expect(() => reduce([one, other], 'logitMean')).toThrow('matrix 1 is [3, 2], expected [2, 3]')
  expect(() => reduce([], 'logitMean')).toThrow('at least one')
})
