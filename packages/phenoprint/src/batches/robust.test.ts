import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { robustOfHistogram, robustOfValues } from './robust.js'

/** Values drawn around one or two brightnesses, as whole numbers below a limit. */
function drawValues(number: number, count: number, limit: number): number[] {
  const stream = randomStream(4, 'robust test', number)
  const centres = [stream.integer(limit), stream.integer(limit)]
  const spread = 0.2 + stream.uniform() * limit * 0.1
  return Array.from({ length: count }, () => {
    const value = Math.round((centres[stream.integer(2)] ?? 0) + spread * stream.normal())
    return Math.min(Math.max(value, 0), limit - 1)
  })
}

/** Spreads the values of each bin evenly over it, a thousand for each, and asks numpy. */
const spreadOut = `
k, out = 1000, []
for values in d['values']:
    bins = np.floor(np.array(values) / d['width']) * d['width'] - 0.5
    x = (bins[:, None] + (np.arange(k) + 0.5) / k * d['width']).ravel()
    median = np.median(x)
    out += [median, np.median(np.abs(x - median))]
print(json.dumps(out))`

describe.each([
  { limit: 256, width: 1 },
  { limit: 4096, width: 16 },
])('the histogram of values below $limit, $width a bin', ({ limit, width }) => {
  const cases = Array.from({ length: 60 }, (_, number) =>
    drawValues(number, 1 + (number % 50), limit),
  )

  it('has the median and deviation of values spread evenly over their bins', () => {
    const expected = askNumbers(spreadOut, { values: cases, width })
    cases.forEach((values, i) => {
      const counts = new Uint32Array(limit / width)
      for (const value of values) {
        const bin = Math.floor(value / width)
        counts[bin] = (counts[bin] ?? 0) + 1
      }
      const { median, deviation } = robustOfHistogram(counts, width)
      expect(Math.abs(median - (expected[2 * i] ?? Number.NaN))).toBeLessThan(0.002 * width)
      expect(Math.abs(deviation - (expected[2 * i + 1] ?? Number.NaN))).toBeLessThan(0.002 * width)
    })
  })
})

describe('robust statistics', () => {
  it('of a histogram are within half a value of the plain ones', () => {
    const values = drawValues(7, 999, 256)
    const counts = new Uint32Array(256)
    for (const value of values) counts[value] = (counts[value] ?? 0) + 1
    const [median = 0, deviation = 0] = askNumbers(
      'm = np.median(d)\nprint(json.dumps([m, np.median(np.abs(np.array(d) - m))]))',
      values,
    )
    const robust = robustOfHistogram(counts, 1)
    expect(Math.abs(robust.median - median)).toBeLessThanOrEqual(0.5)
    expect(Math.abs(robust.deviation - deviation)).toBeLessThanOrEqual(1)
  })

  it('of a constant channel have a deviation of a quarter, of none are not numbers', () => {
    const counts = new Uint32Array(256)
    counts[9] = 400
    const { median, deviation } = robustOfHistogram(counts, 1)
    expect(median).toBeCloseTo(9, 9)
    expect(deviation).toBeCloseTo(0.25, 9)
    expect(robustOfValues(new Float32Array(5).fill(9))).toEqual({ median: 9, deviation: 0.25 })
    expect(robustOfHistogram(new Uint32Array(256), 1).median).toBeNaN()
  })

  it('of single values are those of numpy', () => {
    for (const count of [1, 2, 5, 64, 101]) {
      const values = Float32Array.from(drawValues(count, count, 256), (value) => value * 1.7)
      const [median = 0, deviation = 0] = askNumbers(
        'm = np.median(d)\nprint(json.dumps([m, max(0.25, np.median(np.abs(np.array(d) - m)))]))',
        [...values],
      )
      const robust = robustOfValues(values)
      expect(robust.median).toBeCloseTo(median, 4)
      expect(robust.deviation).toBeCloseTo(deviation, 4)
    }
  })
})
