import { describe, expect, it } from 'vitest'
import { candidates } from '../ensemble/mixture.js'
import { matrix } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import { reduce } from '../evaluation/reductions.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { pairDiversity } from './diversity.js'
import {
  countSubsets,
  diversityOf,
  front,
  judgeSubsets,
  picks,
  scoreOf,
  standardError,
} from './subsets.js'

const units = 90
const classes = 5
const labels = Int32Array.from({ length: units }, (_, i) => (i * 3) % classes)
const members = [1.5, 1.2, 1.2, 0.4].map((strength, m) => {
  const own = randomStream(m, 'own')
  const data = Float32Array.from({ length: units * classes }, (_, i) => {
    const raised = i % classes === labels[Math.floor(i / classes)] ? strength : 0
    return own.normal() + raised
  })
  return matrix(data, units, classes)
})
const of = candidates(members, labels, 'logitMean')
const one = Array.from(labels, () => 'one')
const judging = { aim: 'accuracy', experiments: one, advance: () => {} } as const

describe('diversity of a pair', () => {
  it('equals numpy', () => {
    const draw = randomStream(5, 'calls')
    const calls = [0, 1].map(() =>
      Int32Array.from(labels, (label) => (draw.uniform() < 0.6 ? label : draw.integer(classes))),
    )
    const [a = labels, b = labels] = calls
    const script = `
a, b, y = map(np.array, d); ra, rb = a == y, b == y
n11, n00 = (ra & rb).sum(), (~ra & ~rb).sum(); n10, n01 = (ra & ~rb).sum(), (~ra & rb).sum()
print(json.dumps([(a != b).mean(), (n11 * n00 - n10 * n01) / (n11 * n00 + n10 * n01), np.corrcoef(~ra, ~rb)[0, 1]]))`
    const [disagreement, q, phi] = askNumbers(script, [[...a], [...b], [...labels]])
    const got = pairDiversity(a, b, labels)
    expect(got.disagreement).toBeCloseTo(disagreement ?? Number.NaN, 12)
    expect(got.yulesQ).toBeCloseTo(q ?? Number.NaN, 12)
    expect(got.errorCorrelation).toBeCloseTo(phi ?? Number.NaN, 12)
  })

  it('is none of a member with itself, and all of two that are never right together', () => {
    const half = Int32Array.from(labels, (label, i) => (i < 45 ? label : 9))
    const other = Int32Array.from(labels, (label, i) => (i < 45 ? 9 : label))
    expect(pairDiversity(half, half, labels)).toEqual({
      disagreement: 0,
      yulesQ: 1,
      errorCorrelation: 1,
    })
    expect(pairDiversity(half, other, labels)).toMatchObject({
      disagreement: 1,
      yulesQ: -1,
      errorCorrelation: -1,
    })
    expect(pairDiversity(labels, labels, labels)).toMatchObject({
      yulesQ: 1,
      errorCorrelation: Number.NaN,
    })
    expect(() => pairDiversity(half, new Int32Array(1), labels)).toThrow('90 and 1 calls')
  })
})

describe('subsets', () => {
  const subsets = judgeSubsets(of, { ...judging, most: 4 })

  it('are all there, each as good as its reduced predictions', () => {
    expect(subsets).toHaveLength(15)
    expect(new Set(subsets.map((subset) => subset.members.join())).size).toBe(15)
    for (const subset of subsets) {
      const own = subset.members.map((i) => members[i] ?? matrix(new Float32Array(0), 0, 0))
      const expected = metrics(reduce(own, 'logitMean'), labels)
      expect(subset.accuracy).toBeCloseTo(expected.accuracy, 12)
      expect(subset.loss).toBeCloseTo(expected.loss, 5)
    }
    const few = judgeSubsets(of, { ...judging, most: 2 })
    expect(few).toHaveLength(10)
    expect([countSubsets(4, 4), countSubsets(4, 2), countSubsets(12, 12)]).toEqual([15, 10, 4095])
  })

  it('have the ambiguity that is the mean divergence of members from their average', () => {
    const script = `
from scipy.special import log_softmax
x = log_softmax(np.array(d['x']).reshape(4, -1, d['c']), axis=2); out = []
for s in d['subsets']:
    q = log_softmax(x[s].mean(0), axis=1)
    out.append((np.exp(q) * (q - x[s])).sum(2).mean())
print(json.dumps(out))`
    const input = {
      x: members.map(({ data }) => [...data]),
      c: classes,
      subsets: subsets.map((s) => s.members),
    }
    askNumbers(script, input).forEach((expected, i) => {
      expect(subsets[i]?.ambiguity).toBeCloseTo(expected, 6)
    })
  })

  it('have the standard error of their score, over units', () => {
    const p = subsets[0]?.accuracy ?? 0
    expect(subsets[0]?.standardError).toBeCloseTo(Math.sqrt((p * (1 - p)) / (units - 1)), 12)
  })

  it('have that over experiments where units of an experiment err together', () => {
    const experiments = Array.from(labels, (_, i) => `experiment ${Math.floor(i / 18)}`)
    const values = Float64Array.from(labels, (_, i) => (i % 18 < 3 * Math.floor(i / 18) ? 1 : 0))
    // Of five means of as many units: their standard deviation over the root of five.
    const script = 'print(json.dumps([np.array(d).reshape(5, 18).mean(1).std(ddof=1) / 5 ** 0.5]))'
    const [expected = 0] = askNumbers(script, [...values])
    expect(standardError(values, experiments)).toBeCloseTo(expected, 12)
    expect(standardError(values, one)).toBeLessThan(expected / 2)
    const even = Float64Array.from(labels, (_, i) => i % 2)
    expect(standardError(even, experiments)).toBe(standardError(even, one))
  })

  it.each(['logitMedian', 'probabilityMedian', 'rankMedian'] as const)(
    'of %s are as good as their reduced predictions',
    (reduction) => {
      const found = judgeSubsets(candidates(members, labels, reduction), { ...judging, most: 3 })
      expect(found).toHaveLength(14)
      for (const subset of found) {
        const own = subset.members.map((i) => members[i] ?? matrix(new Float32Array(0), 0, 0))
        const expected = metrics(reduce(own, reduction), labels)
        expect(subset.accuracy).toBeCloseTo(expected.accuracy, 12)
        if (reduction === 'rankMedian') expect(subset.loss).toBeNaN()
        else expect(subset.loss).toBeCloseTo(expected.loss, 5)
      }
    },
  )

  it.each(['disagreement', 'yulesQ', 'ambiguity'] as const)('have a front of %s', (by) => {
    const found = front(subsets, 'loss', by)
    const beaten = (s: (typeof subsets)[number]) =>
      subsets.some((other) => {
        const score = scoreOf(other, 'loss') - scoreOf(s, 'loss')
        const diversity = diversityOf(other, by) - diversityOf(s, by)
        return score >= 0 && diversity >= 0 && (score > 0 || diversity > 0)
      })
    expect(new Set(found)).toEqual(new Set(subsets.filter((s) => !beaten(s))))
    expect(found.length).toBeGreaterThan(1)
  })

  it('give the best, and the most diverse within one standard error of it', () => {
    const { best, diverse, equals } = picks(subsets, 'accuracy', 'disagreement')
    expect(best.accuracy).toBe(Math.max(...subsets.map(({ accuracy }) => accuracy)))
    const equal = subsets.filter(({ accuracy }) => accuracy >= best.accuracy - best.standardError)
    expect(equals).toBe(equal.length)
    expect(diverse.disagreement).toBe(Math.max(...equal.map(({ disagreement }) => disagreement)))
    expect(diverse.accuracy).toBeGreaterThanOrEqual(best.accuracy - best.standardError)
    expect(() => picks([], 'loss', 'ambiguity')).toThrow('no subset')
  })
})
