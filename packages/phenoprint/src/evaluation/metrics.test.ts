import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { matrix } from './matrix.js'
import { metrics, metricsByCellType } from './metrics.js'
import { metricsTable } from './metrics-table.js'

const units = 400
const classes = 12

function sample(): { logits: Float32Array; labels: Int32Array; cellTypes: string[] } {
  const draw = randomStream(8, 'metrics')
  const labels = Int32Array.from({ length: units }, (_, i) => (i % 9 === 0 ? -1 : draw.integer(10)))
  const logits = new Float32Array(units * classes)
  labels.forEach((label, unit) => {
    for (let c = 0; c < classes; c++) {
      logits[unit * classes + c] = 1.5 * draw.normal() + (c === label ? 1.5 : 0)
    }
  })
  const cellTypes = Array.from(labels, (_, i) => ['U2OS', 'HUVEC', 'RPE'][i % 3] ?? '')
  return { logits, labels, cellTypes }
}

/** From the definitions, vectorised as numpy does it. */
const oracle = `
from scipy.special import log_softmax
z = np.array(d['logits']).reshape(len(d['labels']), -1); y = np.array(d['labels'])
z, y = z[y >= 0], y[y >= 0]
p = np.exp(log_softmax(z, axis=1)); hit = p.argmax(1) == y
order = np.argsort(-z, axis=1, kind='stable')
recall = [hit[y == c].mean() for c in np.unique(y)]
edges = np.linspace(0, 1, 16); conf = p.max(1); ece = 0
for lo, hi in zip(edges[:-1], edges[1:]):
    m = (conf > lo) & (conf <= hi)
    if m.any(): ece += m.mean() * abs(hit[m].mean() - conf[m].mean())
print(json.dumps([len(y), hit.mean(), np.mean(recall), (order[:, :5] == y[:, None]).any(1).mean(),
    -log_softmax(z, axis=1)[np.arange(len(y)), y].mean(), ece]))`

it('equals the definitions in numpy', () => {
  const { logits, labels } = sample()
  const expected = askNumbers(oracle, { logits: [...logits], labels: [...labels] })
  const got = metrics(matrix(logits, units, classes), labels)
  const figures = [got.count, got.accuracy, got.balancedAccuracy, got.top5, got.loss, got.ece]
  figures.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 9)
  })
})

it('counts each cell type by itself, and every unit once overall', () => {
  const { logits, labels, cellTypes } = sample()
  const { overall, byCellType } = metricsByCellType(
    matrix(logits, units, classes),
    labels,
    cellTypes,
  )
  expect(Object.keys(byCellType)).toEqual(['HUVEC', 'RPE', 'U2OS'])
  for (const [name, got] of Object.entries(byCellType)) {
    const own = Int32Array.from(labels, (label, i) => (cellTypes[i] === name ? label : -1))
    expect(got).toEqual(metrics(matrix(logits, units, classes), own))
  }
  const counts = Object.values(byCellType).map(({ count }) => count)
  expect(counts.reduce((a, b) => a + b, 0)).toBe(overall.count)
  expect(overall.count).toBe(labels.filter((label) => label >= 0).length)
})

describe('by hand', () => {
  it('calls the lowest index among equals', () => {
    const tied = matrix(Float64Array.of(1, 1, 0, 1, 1, 0), 2, 3)
    expect(metrics(tied, Int32Array.of(0, 1)).accuracy).toBe(0.5)
  })

  it('counts the sixth of equals as outside the five', () => {
    const tied = matrix(new Float64Array(14), 2, 7)
    expect(metrics(tied, Int32Array.of(4, 5)).top5).toBe(0.5)
  })

  it('means the recall over the classes present', () => {
    const logits = matrix(Float64Array.of(1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1), 4, 3)
    const got = metrics(logits, Int32Array.of(0, 0, 2, 2))
    expect(got.accuracy).toBe(0.75)
    expect(got.balancedAccuracy).toBe(0.75)
    expect(metrics(logits, Int32Array.of(0, 1, 1, 2)).balancedAccuracy).toBeCloseTo(2 / 3, 12)
  })

  it('has no calibration error where confidence is accuracy', () => {
    const logits = matrix(Float64Array.of(0, 0, 0, 0), 2, 2)
    const got = metrics(logits, Int32Array.of(0, 1))
    expect(got.ece).toBe(0)
    expect(got.loss).toBeCloseTo(Math.LN2, 12)
  })

  it('survives logits beyond the range of exp', () => {
    const logits = matrix(Float64Array.of(2000, 0, 0, 2000), 2, 2)
    expect(metrics(logits, Int32Array.of(0, 0)).loss).toBe(1000)
  })
})

it('knows nothing without labels', () => {
  const got = metrics(matrix(new Float32Array(4), 2, 2), Int32Array.of(-1, -1))
  expect(got.count).toBe(0)
  expect(got.accuracy).toBeNaN()
})

it('refuses labels that are not classes', () => {
  expect(() => metrics(matrix(new Float32Array(4), 2, 2), Int32Array.of(0, 2))).toThrow('0..1')
  expect(() => metrics(matrix(new Float32Array(4), 2, 2), Int32Array.of(0))).toThrow('1 labels')
})

it('prints a table whose columns align', () => {
  const { logits, labels, cellTypes } = sample()
  const result = metricsByCellType(matrix(logits, units, classes), labels, cellTypes)
  const unlabelled = metricsByCellType(
    matrix(logits, units, classes),
    labels.map(() => -1),
    cellTypes,
  )
  const [heading, ...lines] = metricsTable('test', [
    { name: 'ensemble', metrics: result },
    { name: 'b4', metrics: unlabelled },
  ])
  expect(heading).toBe('test')
  expect(lines).toHaveLength(1 + 2 * 4)
  expect(new Set(lines.map((line) => line.length)).size).toBe(1)
  expect(lines[1]).toContain(result.overall.accuracy.toFixed(4))
  expect(lines[2]).toMatch(/^ {2}all +b4 +0 +- +- +- +- +-$/)
})
