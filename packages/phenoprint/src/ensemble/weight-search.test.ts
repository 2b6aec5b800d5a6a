import { describe, expect, it } from 'vitest'
import { reductions } from '../config/averaging.js'
import type { Reduction } from '../config/config.js'
import { matrix, row } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import { givesRanks, reduce } from '../evaluation/reductions.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { candidates, scoreMixture } from './mixture.js'
import { keepTopClasses } from './top-classes.js'
import { forwardSelection, simplexSearch } from './weight-search.js'

const units = 120
const classes = 6
const labels = Int32Array.from({ length: units }, (_, i) => (i * 7) % classes)

/** Members of different strength that err in part together; the last knows nothing. */
const members = [1.6, 1.3, 0.9, 0].map((strength, m) => {
  const data = new Float32Array(units * classes)
  const own = randomStream(m, 'own')
  const common = randomStream(9, 'common')
  for (let i = 0; i < data.length; i++) {
    data[i] = own.normal() + 0.7 * common.normal()
    if (i % classes === labels[Math.floor(i / classes)]) data[i] = (data[i] ?? 0) + strength
  }
  return matrix(data, units, classes)
})
const of = (reduction: Reduction) => candidates(members, labels, reduction)
const input = { x: members.map(({ data }) => [...data]), y: [...labels], classes }
const scores = `
from scipy.special import log_softmax, softmax
from scipy.optimize import minimize
x = np.array(d['x']).reshape(len(d['x']), -1, d['classes']); y = np.array(d['y']); u = np.arange(len(y))
def loss(w, kind):
    w = np.array(w) / np.sum(w)
    if kind == 'logitMean': return -log_softmax(np.tensordot(w, x, 1), axis=1)[u, y].mean()
    return -np.log(np.tensordot(w, softmax(x, axis=2), 1)[u, y]).mean()
`

describe('weights', () => {
  it.each(reductions)('of %s score as the reduced predictions do', (reduction) => {
    const weights = [3, 1, 2, 0.5]
    const expected = metrics(reduce(members, reduction, weights), labels)
    const got = scoreMixture(of(reduction), weights)
    expect(got.accuracy).toBeCloseTo(expected.accuracy, 12)
    if (givesRanks(reduction)) expect(got.loss).toBeNaN()
    else expect(got.loss).toBeCloseTo(expected.loss, 5)
  })

  it.each(['logitMean', 'probabilityMean'] as const)(
    'of %s by simplex search lose as little as those of scipy',
    (reduction) => {
      const script = `${scores}
best = minimize(loss, np.full(4, .25), args=(d['kind'],), method='SLSQP', bounds=[(0, 1)] * 4,
                constraints={'type': 'eq', 'fun': lambda w: w.sum() - 1}, options={'ftol': 1e-12})
print(json.dumps([best.fun, *best.x]))`
      const [least = 0, ...best] = askNumbers(script, { ...input, kind: reduction })
      const weights = simplexSearch(of(reduction), 'loss')
      const { loss } = scoreMixture(of(reduction), weights)
      expect(loss).toBeLessThan(least + 1e-4)
      expect(loss).toBeGreaterThan(least - 1e-6)
      expect(weights.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12)
      weights.forEach((each, i) => {
        expect(Math.abs(each - (best[i] ?? 9))).toBeLessThan(0.03)
      })
    },
  )

  it('by forward selection are those of a plain loop in numpy', () => {
    const script = `${scores}
counts = np.zeros(4); best = (np.inf, None)
for _ in range(20):
    found = [loss(counts + np.eye(4)[i], 'logitMean') for i in range(4)]
    counts[int(np.argmin(found))] += 1
    if min(found) < best[0] - 1e-12: best = (min(found), counts / counts.sum())
print(json.dumps(best[1].tolist()))`
    const weights = forwardSelection(of('logitMean'), 'loss', 20)
    askNumbers(script, input).forEach((expected, i) => {
      expect(weights[i]).toBeCloseTo(expected, 12)
    })
    expect(weights[3]).toBe(0)
  })

  it.each(['logitMedian', 'probabilityMedian'] as const)(
    'of %s lose less than equal ones, by either search',
    (reduction) => {
      const all = of(reduction)
      const equal = scoreMixture(all, [1, 1, 1, 1]).loss
      for (const found of [simplexSearch(all, 'loss'), forwardSelection(all, 'loss', 12)]) {
        const used = members.filter((_, i) => (found[i] ?? 0) > 0)
        const weights = found.filter((weight) => weight > 0)
        expect(metrics(reduce(used, reduction, [...weights]), labels).loss).toBeLessThan(equal)
        expect(found.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 12)
      }
    },
  )

  it('by accuracy are never worse than equal ones, and one round takes the best member', () => {
    const all = of('rankMean')
    const equal = scoreMixture(all, [1, 1, 1, 1]).accuracy
    expect(scoreMixture(all, simplexSearch(all, 'accuracy')).accuracy).toBeGreaterThanOrEqual(equal)
    expect([...forwardSelection(all, 'accuracy', 1)]).toEqual([1, 0, 0, 0])
  })
})

describe('the best classes of a row', () => {
  it('keep their probabilities, and the others share the rest', () => {
    const logits = row(members[0] ?? matrix(new Float32Array(6), 1, 6), 0)
    const script = `
from scipy.special import softmax
p = softmax(d); order = np.argsort(-p); q = p.copy(); q[order[2:]] = p[order[2:]].mean()
print(json.dumps(q.tolist()))`
    const expected = askNumbers(script, [...logits])
    const kept = keepTopClasses(logits, 2, 'logits')
    const sum = Float64Array.from(kept, Math.exp).reduce((total, value) => total + value, 0)
    kept.forEach((value, c) => {
      expect(Math.exp(value) / sum).toBeCloseTo(expected[c] ?? Number.NaN, 10)
    })
  })

  it('of ranks leave the others their mean rank, and of ties the lower index is better', () => {
    expect([...keepTopClasses(Float64Array.of(0, 3, 1, 2), 2, 'ranks')]).toEqual([0.5, 3, 0.5, 2])
    expect([...keepTopClasses(Float64Array.of(1, 1, 1), 1, 'ranks')]).toEqual([1, 1, 1])
    expect([...keepTopClasses(Float64Array.of(2, 1), 2, 'logits')]).toEqual([2, 1])
  })
})
