import { describe, expect, it } from 'vitest'
import { matrix, row } from '../evaluation/matrix.js'
import { reliability } from '../evaluation/reliability.js'
import { softmax } from '../evaluation/softmax.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { areasOf } from './areas.js'
import { assignClasses } from './assign-classes.js'
import {
  logitsOf,
  predictionNoise,
  rowsOf,
  simulationOf,
  treatedWells,
} from './generated-predictions.test.support.js'
import { fitSharedTemperatures, sharePlates } from './share-plates.js'
import { shareClasses } from './shared-classes.js'

function drawn(rows: number, columns: number, forbidden: (i: number) => boolean) {
  const draw = randomStream(rows, 'shares', columns)
  const data = Float64Array.from({ length: rows * columns }, (_, i) =>
    forbidden(i) ? Number.NEGATIVE_INFINITY : 2 * draw.normal(),
  )
  return matrix(data, rows, columns)
}

describe('classes shared out among wells', () => {
  it.each([
    { rows: 5, columns: 5, temperature: 1 },
    { rows: 7, columns: 7, temperature: 0.5 },
    { rows: 4, columns: 9, temperature: 2 },
  ])('are those of scipy’s scaling in logarithms: %j', ({ rows, columns, temperature }) => {
    const given = drawn(rows, columns, (i) => i % columns === 0 && i > columns)
    const script = `
from scipy.special import logsumexp
z = np.array([-np.inf if v is None else v for v in d['z']]).reshape(d['rows'], -1) / d['t']
n, m = z.shape
z = np.vstack([z, np.zeros((m - n, m))])
for _ in range(2000):
    z = z - logsumexp(z, axis=0, keepdims=True)
    z = z - logsumexp(z, axis=1, keepdims=True)
print(json.dumps(np.exp(z[:n]).ravel().tolist()))`
    const z = [...given.data].map((value) => (Number.isFinite(value) ? value : null))
    const expected = askNumbers(script, { z, rows, t: temperature })
    const got = shareClasses(given, temperature)
    got.data.forEach((value, i) => {
      expect(Math.exp(value)).toBeCloseTo(expected[i] ?? Number.NaN, 2)
    })
  })

  it('give each well one in all, however far apart logits are', () => {
    for (const given of [
      drawn(6, 6, () => false),
      drawn(6, 20, (i) => i % 3 === 1),
      matrix(Float64Array.from([900, 0, 0, 800, 0, 0, 0, 0, 700]), 3, 3),
      matrix(Float64Array.from([5, 5, 5, 5]), 2, 2),
    ]) {
      const { data } = shareClasses(given, 0.05)
      for (let well = 0; well < given.rows; well++) {
        const own = Float64Array.from(row(matrix(data, given.rows, given.columns), well))
        expect(own.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 12)
      }
      data.forEach((value, i) => {
        expect(value === Number.NEGATIVE_INFINITY).toBe(given.data[i] === Number.NEGATIVE_INFINITY)
      })
    }
  })

  it('leave to a well what the others do not want', () => {
    // Two wells cannot tell the classes apart, but the third is sure of the second one.
    const given = matrix(Float64Array.from([0, 0, 0, 0, 0, 0, 0, 20, 0]), 3, 3)
    const shares = Array.from(shareClasses(given, 1).data, Math.exp)
    for (const [i, share] of [0.5, 0, 0.5, 0.5, 0, 0.5, 0, 1, 0].entries()) {
      expect(shares[i]).toBeCloseTo(share, 2)
    }
  })
})

describe('the probability of a call, each class at most once on a plate', () => {
  const settings = simulationOf({ cellTypes: { HUVEC: { train: 2, test: 3 } } })

  /** Logits of one part of a screen, with the group of each plate known. */
  function part(name: 'train' | 'test', accuracy: number) {
    const wells = treatedWells(settings, name)
    const labels = wells.map(({ label }) => label)
    const noise = predictionNoise(wells, { classes: 1108, seed: name.length, common: 0.3 })
    const logits = logitsOf(noise, labels, accuracy)
    const rows = rowsOf(wells)
    const names = [...new Set(rows.map(({ experiment, plate }) => `${experiment}/${plate}`))]
    const plates = names.map((of) => ({
      experiment: of,
      plate: of,
      cellType: 'HUVEC',
      rows: [...rows.keys()].filter((i) => `${rows[i]?.experiment}/${rows[i]?.plate}` === of),
    }))
    for (const { rows: own } of plates) {
      const held = new Set(own.map((well) => labels[well]))
      for (const well of own) {
        const values = row(logits, well)
        values.forEach((_, c) => {
          if (!held.has(c)) values[c] = Number.NEGATIVE_INFINITY
        })
      }
    }
    return { logits, labels, plates }
  }

  it('is how often such calls are right, where that of the well alone is far too low', () => {
    const known = part('train', 0.4)
    const { byCellType, overall } = fitSharedTemperatures(
      known.logits,
      known.plates,
      'plate',
      known.labels,
    )
    expect(byCellType.HUVEC).toEqual(overall)
    expect(overall.count).toBeGreaterThan(1000)
    expect(overall.loss).toBeLessThan(overall.lossBefore)
    const { logits, labels, plates } = part('test', 0.4)
    const shared = sharePlates(logits, plates, 'plate', () => overall.temperature)
    const right: boolean[] = []
    const given = { alone: [] as number[], shared: [] as number[] }
    for (const { wells, classes, scores } of areasOf(logits, plates, 'plate')) {
      assignClasses(scores).forEach((place, i) => {
        const well = wells[i] ?? -1
        const call = classes[place] ?? -1
        right.push(call === labels[well])
        given.alone.push(softmax(row(logits, well))[call] ?? Number.NaN)
        given.shared.push(Math.exp(row(shared, well)[call] ?? Number.NaN))
      })
    }
    expect(right).toHaveLength(labels.length)
    expect(reliability(given.alone, right).ece).toBeGreaterThan(0.35)
    expect(reliability(given.shared, right).ece).toBeLessThan(0.06)
  }, 60_000)
})
