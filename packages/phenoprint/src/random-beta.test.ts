import { describe, expect, it } from 'vitest'
import { randomStream } from './random.js'
import { betaVariate } from './random-beta.js'
import { askNumbers } from './testing/python.js'

describe('betaVariate', () => {
  it('has the distribution that scipy has, for small and large and unlike parameters', () => {
    const parameters = [
      [1, 1],
      [0.2, 0.2],
      [4, 4],
      [0.5, 3],
      [30, 2],
    ] as const
    const cases = parameters.map(([a, b], number) => {
      const stream = randomStream(21, 'beta test', number)
      return { a, b, values: Array.from({ length: 20_000 }, () => betaVariate(a, b, stream)) }
    })
    for (const { values } of cases) {
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true)
    }
    const script = `
from scipy.stats import beta, kstest
print(json.dumps([kstest(c['values'], beta(c['a'], c['b']).cdf).pvalue for c in d]))`
    for (const probability of askNumbers(script, cases)) expect(probability).toBeGreaterThan(1e-3)
  })
})
