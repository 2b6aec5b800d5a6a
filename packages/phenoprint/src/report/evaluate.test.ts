import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { assign } from '../assignment/assign.js'
import {
  logitsOf,
  predictionNoise,
  rowsOf,
  simulationOf,
  treatedWells,
} from '../assignment/generated-predictions.test.support.js'
import { configSchema } from '../config/config.js'
import { ensemble } from '../ensemble/ensemble.js'
import { type Matrix, matrix, row } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import {
  listeningReporter,
  header as small,
  writeInferRun,
  writeViews,
} from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { simulatedWells } from '../simulate/layout.js'
import { simulatedTables } from '../simulate/tables.js'
import { folderOf } from '../testing/folder.js'
import { evaluate } from './evaluate.js'

const settings = simulationOf({
  layout: {
    plates: 3,
    rows: 4,
    columns: 6,
    classes: 60,
    groups: 3,
    controls: { negative: 1, positive: 2 },
  },
  cellTypes: { HUVEC: { train: 5, test: 3 }, U2OS: { train: 4, test: 2 } },
})
const header = { ...small, classes: 60, classNames: null }
const wells = treatedWells(settings, 'test')
const rows = rowsOf(wells)
const labels = wells.map(({ label }) => label)

function logitsBy(seed: number, accuracy = 0.4): Matrix {
  return logitsOf(predictionNoise(wells, { classes: 60, seed, common: 0.2 }), labels, accuracy)
}

const given = (logits: Matrix) => rows.map((who, i) => ({ who, logits: [...row(logits, i)] }))

/** A folder with the screen's tables and two finished runs of infer. */
function screen(): string {
  const folder = folderOf(simulatedTables(simulatedWells(settings)))
  for (const name of ['one', 'two']) {
    writeInferRun(
      join(folder, name),
      { test: given(logitsBy(name.length + name.charCodeAt(0))) },
      header,
    )
  }
  return folder
}

function configOf(folder: string, from: readonly string[], changes: object = {}) {
  return configSchema.parse({
    output: join(folder, 'evaluate'),
    evaluation: {
      from: from.map((name) => join(folder, name)),
      splits: ['test'],
      resamples: 200,
      ...changes,
    },
  })
}

const figure = z.object({ count: z.number(), accuracy: z.number(), loss: z.number().nullable() })
const bounds = z.object({ mean: z.number(), lower: z.number(), upper: z.number() })
const intervals = z.object({ overall: bounds, byCellType: z.record(z.string(), bounds) })
const stepSchema = z.object({
  step: z.string(),
  overall: figure,
  byCellType: z.record(z.string(), figure),
  byExperiment: z.record(z.string(), figure),
  byPlate: z.record(z.string(), figure),
  accuracyInterval: intervals,
  gain: intervals.nullable(),
})
type Step = z.output<typeof stepSchema>

function stepsOf(folder: string): Step[][] {
  const text = readFileSync(join(folder, 'evaluate/metrics.json'), 'utf8')
  const runs = z.array(z.object({ splits: z.object({ test: z.array(stepSchema) }) }))
  return z
    .object({ runs })
    .parse(JSON.parse(text))
    .runs.map(({ splits }) => splits.test)
}

const named = (steps: readonly Step[] | undefined, name: string) =>
  steps?.find(({ step }) => step === name)

describe('evaluate', () => {
  it('measures every step from a prediction to a call, as assign does itself', async () => {
    const folder = screen()
    const assignment = { from: join(folder, 'one'), splits: ['test'], calibration: 'none' }
    const reader = { reader: 'rxrx1', name: 'synthetic', folder, answers: 'test_answers.csv' }
    const output = join(folder, 'assign')
    await assign(configSchema.parse({ output, screen: reader, assignment }), silentReporter)
    const { reporter, lines } = listeningReporter()
    await evaluate(configOf(folder, ['assign']), reporter)
    const [steps = []] = stepsOf(folder)
    expect(steps.map(({ step }) => step)).toEqual([
      'units',
      'treated wells',
      'calibrated',
      'restricted',
      'assigned',
    ])
    const text = readFileSync(join(folder, 'assign/metrics.json'), 'utf8')
    const own = z.object({
      test: z.object({ overall: figure, byCellType: z.record(z.string(), figure) }),
    })
    const { test } = own.parse(JSON.parse(text))
    expect(named(steps, 'assigned')?.overall).toEqual(test.overall)
    expect(named(steps, 'assigned')?.byCellType).toEqual(test.byCellType)
    expect(named(steps, 'restricted')?.gain?.overall.lower).toBeGreaterThan(0)
    const own2 = metrics(logitsBy(3 + 'o'.charCodeAt(0)), Int32Array.from(labels))
    expect(named(steps, 'units')?.overall.accuracy).toBe(own2.accuracy)
    const told = lines.map((line) => line.trim().split(/ {2,}/))
    const accuracy = (metrics: { accuracy: number } | undefined) => metrics?.accuracy.toFixed(4)
    for (const part of ['byExperiment', 'byPlate'] as const) {
      for (const name of Object.keys(steps[0]?.[part] ?? {})) {
        expect(told).toContainEqual([name, ...steps.map((step) => accuracy(step[part][name]))])
      }
    }
    expect(lines.join('\n')).toMatch(/U2OS +assigned +\d+ +0\.\d{4} +0\.\d{4} to 0\.\d{4} +[+-]0/)
  })

  it('breaks figures down into parts that add up, in JSON and in a table', async () => {
    const folder = screen()
    await evaluate(configOf(folder, ['one', 'two']), silentReporter)
    const [[step] = []] = stepsOf(folder)
    for (const part of ['byCellType', 'byExperiment', 'byPlate'] as const) {
      const of = Object.values(step?.[part] ?? {})
      expect(of.reduce((sum, { count }) => sum + count, 0)).toBe(wells.length)
      const right = of.reduce((sum, { count, accuracy }) => sum + count * accuracy, 0)
      expect(right / wells.length).toBeCloseTo(step?.overall.accuracy ?? Number.NaN, 12)
    }
    expect(Object.keys(step?.byExperiment ?? {})).toHaveLength(5)
    expect(Object.keys(step?.byPlate ?? {})).toHaveLength(15)
    const { mean, lower, upper } = step?.accuracyInterval.overall ?? { mean: 0, lower: 0, upper: 0 }
    expect(mean).toBe(step?.overall.accuracy)
    expect(lower).toBeLessThan(mean)
    expect(upper).toBeGreaterThan(mean)
    const csv = readFileSync(join(folder, 'evaluate/evaluation.csv'))
    const lines = z.array(z.record(z.string(), z.string())).parse(parse(csv, { columns: true }))
    expect(lines).toHaveLength(2 * (1 + 2 + 5 + 15))
    expect(lines[0]).toMatchObject({ part: 'all', units: String(wells.length), gain: '' })
    expect(lines[0]?.accuracy).toBe(mean.toFixed(6))
    expect((await evaluate(configOf(folder, ['one', 'two']), silentReporter)).status).toBe(
      'already done',
    )
  })

  it('says what tiles, symmetries and sites add, from the stored views', async () => {
    const folder = screen()
    const parts = [11, 12, 13, 14].map((seed) => logitsBy(seed, 0.2))
    const views = rows.flatMap((who, unit) =>
      parts.map((part, i) => {
        const view = { site: i < 2 ? '1' : '2', tile: i % 2, symmetry: 'identity' }
        return { who, logits: [...row(part, unit)], ...view }
      }),
    )
    writeViews(join(folder, 'one'), 'test', views, header)
    const averaging = [{ level: 'tiles' }, { level: 'sites' }]
    await evaluate(configOf(folder, ['one'], { averaging }), silentReporter)
    const [steps = []] = stepsOf(folder)
    expect(steps.map(({ step, overall }) => [step, overall.count / wells.length])).toEqual([
      ['single views', 4],
      ['tiles averaged', 2],
      ['sites averaged', 1],
      ['units', 1],
    ])
    const accuracyOf = (of: readonly Matrix[]) => {
      const sum = Float64Array.from({ length: of[0]?.data.length ?? 0 }, (_, i) =>
        of.reduce((total, { data }) => total + (data[i] ?? 0), 0),
      )
      return metrics(matrix(sum, wells.length, 60), Int32Array.from(labels)).accuracy
    }
    const mean = parts.reduce((sum, part) => sum + accuracyOf([part]) / 4, 0)
    expect(steps[0]?.overall.accuracy).toBeCloseTo(mean, 12)
    const pairs = (accuracyOf(parts.slice(0, 2)) + accuracyOf(parts.slice(2))) / 2
    expect(steps[1]?.overall.accuracy).toBeCloseTo(pairs, 12)
    expect(steps[2]?.overall.accuracy).toBeCloseTo(accuracyOf(parts), 12)
    expect(steps[1]?.gain?.overall.mean).toBeCloseTo(pairs - mean, 12)
  })

  it('measures members by the averages that their ensemble made again', async () => {
    const folder = screen()
    const [good, poor] = [logitsBy(31, 0.5), logitsBy(32, 0.1)]
    const views = rows.flatMap((who, unit) =>
      [good, poor].map((of, site) => {
        const view = { site: String(site + 1), tile: 0, symmetry: 'identity' }
        return { who, logits: [...row(of, unit)], ...view }
      }),
    )
    writeViews(join(folder, 'one'), 'test', views, header)
    const members = { default: [{ run: join(folder, 'one') }] }
    // Sites are not named, so that only the first counts.
    const averaged = { members, splits: ['test'], averaging: [{ level: 'tiles' }] }
    const output = join(folder, 'ensemble')
    await ensemble(configSchema.parse({ output, ensemble: averaged }), silentReporter)
    await evaluate(configOf(folder, ['ensemble']), silentReporter)
    const [steps = []] = stepsOf(folder)
    const { accuracy } = metrics(good, Int32Array.from(labels))
    expect(steps.map(({ step, overall }) => [step, overall.accuracy])).toEqual([
      ['single members', accuracy],
      ['members averaged', accuracy],
    ])
  })

  it('says what members add to one another', async () => {
    const folder = screen()
    const members = { default: ['one', 'two'].map((name) => ({ run: join(folder, name) })) }
    const output = join(folder, 'ensemble')
    const averaged = configSchema.parse({ output, ensemble: { members, splits: ['test'] } })
    await ensemble(averaged, silentReporter)
    await evaluate(configOf(folder, ['ensemble']), silentReporter)
    const [steps = []] = stepsOf(folder)
    expect(steps.map(({ step }) => step)).toEqual(['single members', 'members averaged'])
    expect(steps[0]?.overall.count).toBe(2 * wells.length)
    expect(steps[1]?.gain?.overall.lower).toBeGreaterThan(0)
  })

  it('says what the epochs of each training add, and then its fellow members', async () => {
    const folder = screen()
    const logits = [21, 22, 23].map((seed) => logitsBy(seed, 0.2))
    const trainings = ['train-a', 'train-a', 'train-b']
    const members = logits.map((of, i) => {
      const rowsOfRun = { test: given(of) }
      return writeInferRun(join(folder, `epoch-${i}`), rowsOfRun, header, trainings[i])
    })
    const list = members.map((run, i) => ({ run, weight: i + 1 }))
    const averaged = { members: { default: list }, splits: ['test'] }
    const output = join(folder, 'ensemble')
    await ensemble(configSchema.parse({ output, ensemble: averaged }), silentReporter)
    await evaluate(configOf(folder, ['ensemble']), silentReporter)
    const [steps = []] = stepsOf(folder)
    expect(steps.map(({ step, overall }) => [step, overall.count / wells.length])).toEqual([
      ['single members', 3],
      ['epochs averaged', 2],
      ['members averaged', 1],
    ])
    const accuracyOf = (weights: readonly number[]) =>
      metrics(
        matrix(
          Float64Array.from({ length: logits[0]?.data.length ?? 0 }, (_, i) =>
            logits.reduce((sum, { data }, m) => sum + (weights[m] ?? 0) * (data[i] ?? 0), 0),
          ),
          wells.length,
          60,
        ),
        Int32Array.from(labels),
      ).accuracy
    const epochs = (accuracyOf([1, 2, 0]) + accuracyOf([0, 0, 3])) / 2
    expect(named(steps, 'epochs averaged')?.overall.accuracy).toBeCloseTo(epochs, 12)
    const single = (accuracyOf([1, 0, 0]) + accuracyOf([0, 1, 0]) + accuracyOf([0, 0, 1])) / 3
    expect(named(steps, 'epochs averaged')?.gain?.overall.mean).toBeCloseTo(epochs - single, 12)
    const all = named(steps, 'members averaged')?.overall.accuracy
    expect(all).toBeCloseTo(accuracyOf([1, 2, 3]), 12)
  })

  it('refuses runs that are not there, and splits that none has', async () => {
    const folder = screen()
    await expect(evaluate(configOf(folder, ['three']), silentReporter)).rejects.toThrow(
      'evaluation.from: there is no run in',
    )
    const other = configOf(folder, ['one'], { splits: ['validation'] })
    await expect(evaluate(other, silentReporter)).rejects.toThrow(
      'has no predictions for validation',
    )
  })
})
