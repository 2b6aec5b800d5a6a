import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { AssignmentError, ConfigError, EarlierRunError, PredictionError } from '../errors.js'
import { listeningReporter, writeInferRun } from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { simulatedWells } from '../simulate/layout.js'
import { simulatedTables } from '../simulate/tables.js'
import { folderOf } from '../testing/folder.js'
import { assign } from './assign.js'
import {
  configOf,
  failure,
  header,
  predictions,
  screenWithRun,
  settings,
} from './assigned-screen.test.support.js'

const figure = z.object({ count: z.number(), accuracy: z.number(), ece: z.number() }).loose()
const splitSchema = z.object({
  overall: figure,
  byCellType: z.record(z.string(), figure),
  steps: z.array(z.object({ name: z.string(), overall: figure }).loose()),
  plates: z.object({ count: z.number(), known: z.number(), right: z.number() }),
  flags: z.record(z.string(), z.number()),
})

function metricsOf(folder: string) {
  const text = readFileSync(join(folder, 'assign/metrics.json'), 'utf8')
  return z.object({ validation: splitSchema, test: splitSchema }).parse(JSON.parse(text))
}

function table(folder: string, name: string) {
  const text = readFileSync(join(folder, 'assign', name))
  return z.array(z.record(z.string(), z.string())).parse(parse(text, { columns: true }))
}

describe('assign', () => {
  it('goes from stored predictions to calls, each step better than the one before', async () => {
    const folder = screenWithRun()
    const config = configOf(folder, { groups: { order: 'rotation' } })
    const { reporter, lines } = listeningReporter()
    const result = await assign(config, reporter)
    const { test } = metricsOf(folder)
    expect(test.plates).toEqual({ count: 9, known: 9, right: 9 })
    const accuracy = Object.fromEntries(
      test.steps.map((step) => [step.name, step.overall.accuracy]),
    )
    expect(Object.keys(accuracy)).toEqual(['predicted', 'calibrated', 'restricted', 'assigned'])
    expect(accuracy.calibrated).toBe(accuracy.predicted)
    expect(accuracy.restricted).toBeGreaterThan((accuracy.predicted ?? 1) + 0.05)
    expect(accuracy.assigned).toBeGreaterThan((accuracy.restricted ?? 1) + 0.05)
    expect(test.overall.accuracy).toBe(accuracy.assigned)
    expect(test.overall.ece).toBeLessThan(0.15)
    expect(Object.keys(test.byCellType)).toEqual(['HUVEC', 'U2OS'])
    expect(result.files.map((path) => existsSync(path))).toEqual(new Array(5).fill(true))
    expect(lines[0]).toBe(
      'assign: 3 groups of classes (20, 20, 20), learned from 24 training plates',
    )
    expect(lines.join('\n')).toContain('groups right on 9 of 9 plates')
    expect((await assign(config, silentReporter)).status).toBe('already done')
  })

  it('writes a line a well: its call, the runner-up, the group and what is odd about it', async () => {
    const folder = screenWithRun()
    await assign(
      configOf(folder, { splits: ['test'], groups: { order: 'rotation' } }),
      silentReporter,
    )
    const calls = table(folder, 'calls.csv')
    expect(calls).toHaveLength(180)
    const learned = z
      .object({ groups: z.record(z.string(), z.array(z.number())) })
      .parse(JSON.parse(readFileSync(join(folder, 'assign/assignment.json'), 'utf8')))
    const given = new Map(predictions('test', 0.4).map(({ who, logits }) => [who.unit, logits]))
    const plates = new Map<string, string[]>()
    for (const line of calls) {
      const { experiment, plate, call = '', runnerUp, flags = '' } = line
      expect(runnerUp).not.toBe(call)
      expect(Number(line.probability)).toBeGreaterThanOrEqual(0)
      expect(line.outcome).toBe(line.label === call ? 'right' : 'wrong')
      expect(line.group).toMatch(/^[ABC]$/)
      expect(Number(line.groupConfidence)).toBeGreaterThan(0.99)
      const logits = given.get(line.unit ?? '') ?? []
      const [first] = [...(learned.groups[line.group ?? ''] ?? [])].sort(
        (a, b) => (logits[b] ?? 0) - (logits[a] ?? 0),
      )
      expect(flags.split('; ').includes('moved')).toBe(call !== String(first))
      plates.set(`${experiment}/${plate}`, [...(plates.get(`${experiment}/${plate}`) ?? []), call])
    }
    expect([...plates.values()].map((on) => new Set(on).size)).toEqual(new Array(9).fill(20))
    const right = table(folder, 'plates.csv').map(({ outcome, wells }) => [outcome, wells])
    expect(right).toEqual(new Array(9).fill(['right', '20']))
    const group = new Map(
      Object.entries(learned.groups).flatMap(([name, of]) => of.map((c) => [String(c), name])),
    )
    for (const line of calls) expect(group.get(line.call ?? '')).toBe(line.group)
  })

  it('makes bold predictions as sure as they are right, by cell type', async () => {
    const folder = screenWithRun(0.6, 6)
    await assign(configOf(folder, { oneToOne: 'none' }), silentReporter)
    const { test, validation } = metricsOf(folder)
    const [predicted, calibrated] = test.steps.map((step) => step.overall)
    expect(predicted?.ece).toBeGreaterThan(0.2)
    expect(calibrated?.ece).toBeLessThan(0.15)
    expect(validation.overall.ece).toBeLessThan(0.1)
    const bins = table(folder, 'reliability.csv').filter(({ split }) => split === 'test')
    for (const step of ['predicted', 'assigned']) {
      const of = (cellType: string) =>
        bins.filter((bin) => bin.step === step && bin.cellType === cellType)
      const calls = (cellType: string) =>
        of(cellType).reduce((sum, bin) => sum + Number(bin.calls), 0)
      expect([calls('all'), calls('HUVEC'), calls('U2OS')]).toEqual([180, 120, 60])
      const gap = of('all').reduce(
        (sum, { calls: count, probability, accuracy }) =>
          sum + (Number(count) * Math.abs(Number(probability) - Number(accuracy))) / 180,
        0,
      )
      expect(gap).toBeCloseTo((step === 'predicted' ? predicted : test.overall)?.ece ?? 0, 3)
    }
    const { temperatures } = z
      .object({
        temperatures: z
          .object({
            predicted: z.object({
              byCellType: z.record(z.string(), z.object({ temperature: z.number() }).loose()),
            }),
          })
          .loose(),
      })
      .parse(JSON.parse(readFileSync(join(folder, 'assign/assignment.json'), 'utf8')))
    for (const name of ['HUVEC', 'U2OS']) {
      expect(temperatures.predicted.byCellType[name]?.temperature).toBeGreaterThan(4)
    }
    expect(test.flags.moved).toBe(0)
  })

  it('flags the share of validation wells that was asked for, and no well without calibration', async () => {
    const folder = screenWithRun()
    const unknown = { quantile: 0.1 }
    await assign(configOf(folder, { unknown }), silentReporter)
    const { validation, test } = metricsOf(folder)
    expect(validation.flags.unknown).toBe(12)
    expect(test.flags.unknown).toBeGreaterThan(0)
    rmSync(join(folder, 'assign'), { recursive: true })
    await assign(configOf(folder, { unknown, calibration: 'none' }), silentReporter)
    expect(metricsOf(folder).test.flags.unknown).toBe(0)
    expect(metricsOf(folder).test.steps[1]?.overall).toEqual(
      metricsOf(folder).test.steps[0]?.overall,
    )
  })

  it.each([
    { groups: { order: 'permutation' }, oneToOne: 'experiment' },
    { groups: { order: 'independent', score: 'votes' } },
    { groups: { order: 'rotation' }, method: 'greedy' },
    { groups: { source: 'none' }, oneToOne: 'none' },
    { groups: { source: { low: [...Array(30).keys()] } }, oneToOne: 'none' },
  ])('takes %j', async (assignment) => {
    const folder = screenWithRun(0.6)
    await assign(configOf(folder, assignment), silentReporter)
    const calls = table(folder, 'calls.csv')
    expect(calls).toHaveLength(300)
    const { source } = { source: '', ...assignment.groups }
    expect(new Set(calls.map(({ group }) => group))).toEqual(
      new Set(source === '' ? ['A', 'B', 'C'] : source === 'none' ? [''] : ['low']),
    )
  })

  it('leaves all classes to a plate whose group is uncertain, and says so', async () => {
    const folder = screenWithRun(0.03)
    const groups = { minConfidence: 1 }
    await assign(configOf(folder, { groups, oneToOne: 'none' }), silentReporter)
    const { test } = metricsOf(folder)
    expect(test.flags['uncertain group']).toBeGreaterThan(100)
    const calls = table(folder, 'calls.csv').filter(({ flags = '' }) => flags.includes('uncertain'))
    expect(Math.max(...calls.map(({ call }) => Number(call)))).toBeGreaterThan(40)
  })

  it('has no figures where no label is known', async () => {
    const folder = screenWithRun()
    rmSync(join(folder, 'infer'), { recursive: true })
    const rows = predictions('test', 0.4).map(({ who, logits }) => ({
      who: { ...who, label: null },
      logits,
    }))
    writeInferRun(join(folder, 'infer'), { test: rows }, header)
    const { reporter, lines } = listeningReporter()
    const config = configOf(folder, { splits: ['test'], calibration: 'none' })
    await assign(config, reporter)
    expect(lines).toContain('test: 9 plates, no labelled unit')
    expect(
      table(folder, 'calls.csv').every(({ outcome, call }) => outcome === '' && call !== ''),
    ).toBe(true)
    expect(table(folder, 'reliability.csv')).toEqual([])
  })

  it('learns nothing from test plates, be they called or not', async () => {
    const folder = screenWithRun()
    const { reporter, lines } = listeningReporter()
    await assign(configOf(folder, { splits: ['validation'] }), reporter)
    expect(lines[0]).toContain('learned from 24 training plates')
  })

  it('never looks at the labels of what it calls', async () => {
    const folder = screenWithRun()
    const other = screenWithRun()
    // Answers that would tell other groups, were they looked at.
    const answers = readFileSync(join(folder, 'test_answers.csv'), 'utf8').split('\n')
    const wrong = answers.map((line, i) =>
      i === 0 || line === '' ? line : line.replace(/\d+$/, String(i % 60)),
    )
    rmSync(join(other, 'test_answers.csv'))
    writeFileSync(join(other, 'test_answers.csv'), wrong.join('\n'))
    await assign(configOf(folder), silentReporter)
    await assign(configOf(other), silentReporter)
    const own = (line: Record<string, string>) => [
      line.unit,
      line.call,
      line.probability,
      line.group,
    ]
    expect(table(other, 'calls.csv').map(own)).toEqual(table(folder, 'calls.csv').map(own))
  })
})

describe('what assign refuses', () => {
  it('a run that is not there, and a split without predictions', async () => {
    const folder = screenWithRun()
    expect(await failure(configOf(folder, { from: join(folder, 'nowhere') }))).toBeInstanceOf(
      EarlierRunError,
    )
    const missing = await failure(configOf(folder, { splits: ['train'] }))
    expect(missing).toBeInstanceOf(PredictionError)
    expect(missing.message).toContain('no predictions for the split train')
    expect(existsSync(join(folder, 'assign'))).toBe(false)
  })

  it('predictions of another number of classes, and ranks where probabilities are needed', async () => {
    const small = screenWithRun()
    rmSync(join(small, 'infer'), { recursive: true })
    const rows = predictions('test', 0.4).map(({ who, logits }) => ({
      who,
      logits: logits.slice(0, 59),
    }))
    writeInferRun(join(small, 'infer'), { test: rows }, { ...header, classes: 59 })
    const classes = await failure(configOf(small, { splits: ['test'] }))
    expect(classes.message).toContain(
      'has 59 classes, and the screen "synthetic" 60, or with controls 63',
    )
    const ranks = screenWithRun(0.4, 1, { ...header, scores: 'ranks', reduce: 'rankMean' })
    const error = await failure(configOf(ranks))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toContain('Set it to votes')
    await assign(configOf(ranks, { groups: { score: 'votes' } }), silentReporter)
    expect(new Set(table(ranks, 'calls.csv').map(({ probability }) => probability))).toEqual(
      new Set(['']),
    )
  })

  it('one class a well where training plates repeat classes', async () => {
    const folder = folderOf(simulatedTables(simulatedWells(settings)))
    const train = readFileSync(join(folder, 'train.csv'), 'utf8').split('\n')
    const second = train[2]?.replace(/,\d+$/, `,${train[1]?.split(',')[4]}`)
    writeFileSync(
      join(folder, 'train.csv'),
      [train[0], train[1], second, ...train.slice(3)].join('\n'),
    )
    writeInferRun(join(folder, 'infer'), { test: predictions('test', 0.4) }, header)
    const error = await failure(configOf(folder, { splits: ['test'] }))
    expect(error.message).toMatch(/training plate HUVEC-01\/1 has class \d+ more than once/)
  })

  it('wells that have too few classes among them, naming them', async () => {
    const folder = screenWithRun()
    const groups = { source: { small: [0, 1, 2, 3, 4] }, order: 'independent' }
    const error = await failure(configOf(folder, { groups, splits: ['test'] }))
    expect(error).toBeInstanceOf(AssignmentError)
    expect(error.message).toMatch(/^assign: 20 wells have 5 classes among them.* HUVEC-07\/1\/\w+/)
    expect(error.exitCode).toBe(3)
  })
})
