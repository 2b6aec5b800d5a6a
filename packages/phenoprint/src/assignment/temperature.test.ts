import { describe, expect, it } from 'vitest'
import { matrix, row } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import { reliability } from '../evaluation/reliability.js'
import { argmax, softmax } from '../evaluation/softmax.js'
import { askPython } from '../testing/python.js'
import { logitsOf, predictionNoise } from './generated-predictions.test.support.js'
import { fitTemperature } from './temperature.js'
import { familiarity, quantile } from './unknown.js'

const classes = 40
const wells = Array.from({ length: 3000 }, (_, i) => ({ experiment: `e${i % 3}` }))
const labels = wells.map((_, i) => i % classes)
const logits = logitsOf(predictionNoise(wells, { classes, seed: 4, common: 0 }), labels, 0.6)

const rowsTimes = (factor: number) =>
  labels.map((label, i) => ({ label, logits: row(logits, i).map((value) => factor * value) }))

describe('a fitted temperature', () => {
  it.each([0.2, 1, 5])('undoes that calibrated logits were multiplied by %f', (factor) => {
    const { temperature, loss, lossBefore, count } = fitTemperature(rowsTimes(factor))
    expect(temperature / factor).toBeGreaterThan(0.93)
    expect(temperature / factor).toBeLessThan(1.07)
    expect(loss).toBeLessThanOrEqual(lossBefore)
    expect(count).toBe(3000)
  })

  it('is where scipy finds the least loss', () => {
    const rows = rowsTimes(3).slice(0, 400)
    const script = `
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
z = np.array(d['z']); y = np.array(d['y'])
f = lambda b: -log_softmax(z * b, axis=1)[np.arange(len(y)), y].mean()
r = minimize_scalar(f, bounds=(0.01, 100), method='bounded', options={'xatol': 1e-10})
print(json.dumps([1 / r.x, f(1), r.fun]))`
    const answer = askPython(script, {
      z: rows.map((one) => [...one.logits]),
      y: rows.map(({ label }) => label),
    })
    const { temperature, lossBefore, loss } = fitTemperature(rows)
    expect([temperature, lossBefore, loss]).toEqual(
      Array.isArray(answer) && answer.map((value) => expect.closeTo(Number(value), 5)),
    )
  })

  it('makes probabilities worth what they say, and leaves the calls', () => {
    const before = rowsTimes(4)
    const { temperature } = fitTemperature(before)
    const table = (divisor: number) => {
      const calls = before.map((one) => {
        const probabilities = softmax(one.logits.map((value) => value / divisor))
        const call = argmax(probabilities)
        return { probability: probabilities[call] ?? 0, right: call === one.label }
      })
      return reliability(
        calls.map(({ probability }) => probability),
        calls.map(({ right }) => right),
      )
    }
    expect(table(1).ece).toBeGreaterThan(0.2)
    expect(table(temperature).ece).toBeLessThan(0.03)
    const scaled = matrix(
      logits.data.map((value) => 4 * value),
      labels.length,
      classes,
    )
    expect(table(1).ece).toBeCloseTo(metrics(scaled, Int32Array.from(labels)).ece, 5)
    const { bins } = table(temperature)
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(3000)
  })

  it('leaves out rows whose label cannot be, and is 1 where none is left', () => {
    const rows = rowsTimes(2)
    const impossible = {
      label: 0,
      logits: Float32Array.of(Number.NEGATIVE_INFINITY, 1, 2),
    }
    expect(fitTemperature([...rows, impossible])).toEqual(fitTemperature(rows))
    expect(fitTemperature([impossible])).toMatchObject({ temperature: 1, count: 0 })
  })

  it('counts classes that cannot be nowhere', () => {
    const rows = rowsTimes(2).slice(0, 200)
    const padded = rows.map((one) => ({
      ...one,
      logits: Float32Array.from([...one.logits, Number.NEGATIVE_INFINITY]),
    }))
    expect(fitTemperature(padded)).toEqual(fitTemperature(rows))
  })

  it('ends where all is right, and where nothing tells classes apart', () => {
    const right = Array.from({ length: 5 }, () => ({ label: 1, logits: Float32Array.of(0, 3) }))
    expect(fitTemperature(right).temperature).toBeCloseTo(0.01, 6)
    const wrong = right.map((one) => ({ ...one, label: 0 }))
    expect(fitTemperature(wrong).temperature).toBeCloseTo(100, 2)
    const flat = right.map((one) => ({ ...one, logits: Float32Array.of(2, 2) }))
    expect(fitTemperature(flat).temperature).toBe(1)
  })
})

describe('wells unlike the known ones', () => {
  it('have a score as scipy computes it, and quantiles are those of numpy', () => {
    const some = labels.slice(0, 50).map((_, i) => row(logits, i))
    const script = `
from scipy.special import logsumexp, softmax
z = np.array(d['z'])
e = logsumexp(z, axis=1); p = softmax(z, axis=1).max(axis=1)
print(json.dumps([e.tolist(), p.tolist(), np.quantile(e, [0, 0.05, 0.5, 1]).tolist()]))`
    const answer = askPython(script, { z: some.map((values) => [...values]) })
    const energies = some.map((values) => familiarity(values, 'energy'))
    const close = (values: unknown) =>
      Array.isArray(values) && values.map((value) => expect.closeTo(Number(value), 6))
    const [energy, probability, quantiles] = Array.isArray(answer) ? answer : []
    expect(energies).toEqual(close(energy))
    expect(some.map((values) => familiarity(values, 'probability'))).toEqual(close(probability))
    expect([0, 0.05, 0.5, 1].map((share) => quantile(energies, share))).toEqual(close(quantiles))
  })

  it('score lower than those whose class the network knows', () => {
    const strange = predictionNoise(wells, { classes, seed: 9, common: 0 })
    const known = labels.map((_, i) => familiarity(row(logits, i), 'energy'))
    const margin = 2.5
    const unknown = labels.map((_, i) =>
      familiarity(
        strange.subarray(i * classes, (i + 1) * classes).map((x) => margin * x),
        'energy',
      ),
    )
    const threshold = quantile(known, 0.05)
    const flagged = unknown.filter((score) => score < threshold).length
    expect(flagged / unknown.length).toBeGreaterThan(3 * 0.05)
    expect(known.filter((score) => score < threshold)).toHaveLength(150)
  })
})
