import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  logitsOf,
  predictionNoise,
  rowsOf,
  simulationOf,
  treatedWells,
} from '../assignment/generated-predictions.test.support.js'
import { configSchema } from '../config/config.js'
import { row } from '../evaluation/matrix.js'
import {
  listeningReporter,
  header as small,
  writeInferRun,
} from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { simulatedWells } from '../simulate/layout.js'
import { simulatedTables } from '../simulate/tables.js'
import { folderOf } from '../testing/folder.js'
import { choose } from './choose.js'

const settings = simulationOf({
  layout: {
    plates: 3,
    rows: 4,
    columns: 6,
    classes: 60,
    groups: 3,
    controls: { negative: 1, positive: 2 },
  },
  cellTypes: { HUVEC: { train: 5, test: 2 }, U2OS: { train: 4, test: 1 } },
})
const header = { ...small, classes: 60, classNames: null }
const validating = ['HUVEC-04', 'HUVEC-05', 'U2OS-04']

/** Members with noise of their own, but the second repeats the first. */
function predictions(part: 'train' | 'test', member: number, accuracy: number) {
  const wells = treatedWells(settings, part).filter(
    ({ experiment }) => part === 'test' || validating.includes(experiment),
  )
  const noise = predictionNoise(wells, { classes: 60, seed: 7 + member, common: 0 })
  const logits = logitsOf(
    noise,
    wells.map(({ label }) => label),
    accuracy,
  )
  return rowsOf(wells).map((who, i) => ({ who, logits: [...row(logits, i)] }))
}

function screen(): { folder: string; runs: string[] } {
  const folder = folderOf(simulatedTables(simulatedWells(settings)))
  const runs = [
    [0, 0.5],
    [0, 0.5],
    [1, 0.48],
    [2, 0.1],
  ].map(([member = 0, accuracy = 0], i) =>
    writeInferRun(
      join(folder, `member-${i}`),
      {
        validation: predictions('train', member, accuracy),
        test: predictions('test', member, accuracy),
      },
      header,
    ),
  )
  return { folder, runs }
}

function configOf(
  folder: string,
  members: readonly string[],
  changes: object = {},
  others: object = {},
) {
  return configSchema.parse({
    output: join(folder, 'choose'),
    choose: { members, ...changes },
    ...others,
  })
}

const pick = z.object({
  members: z.record(z.string(), z.array(z.string())),
  reasons: z.array(z.string()),
})
const subset = z.object({
  members: z.array(z.string()),
  accuracy: z.number(),
  disagreement: z.number(),
})
const cellType = z.object({
  members: z.array(z.object({ run: z.string(), leaveOneOut: z.object({ accuracy: z.number() }) })),
  pairs: z.array(z.object({ a: z.string(), b: z.string(), yulesQ: z.number() })),
  front: z.array(subset),
  best: subset.extend({ standardError: z.number() }),
  diverse: subset,
})
const choiceSchema = z.object({
  cellTypes: z.record(z.string(), cellType),
  picks: z.object({ best: pick, diverse: pick }),
})

/** A finished training, whose predictions are then those of a member. */
function trainingRun(folder: string, changes: object): string {
  const config = configSchema.parse({ output: folder, ...changes })
  using run = RunDirectory.open(folder, { verb: 'train', config })
  run.finish({ status: 'done', figures: {}, files: [] })
  return folder
}

describe('choose', () => {
  it('says what averaging over seeds brings, for runs that differ in nothing else', async () => {
    const folder = folderOf(simulatedTables(simulatedWells(settings)))
    const recipes = [{ seed: 1 }, { seed: 2 }, { seed: 3 }, { seed: 4, training: { epochs: 9 } }]
    const runs = recipes.map((recipe, i) =>
      writeInferRun(
        join(folder, `member-${i}`),
        { validation: predictions('train', i, 0.4), test: predictions('test', i, 0.4) },
        header,
        trainingRun(join(folder, `training-${i}`), recipe),
      ),
    )
    const { reporter, lines } = listeningReporter()
    await choose(configOf(folder, runs), reporter)
    const table = z
      .array(z.record(z.string(), z.string()))
      .parse(parse(readFileSync(join(folder, 'choose/subsets.csv')), { columns: true }))
    const seeds = z.object({
      runs: z.array(z.string()),
      seeds: z.array(z.number()),
      spread: z.object({ accuracy: z.number() }),
      bySize: z.array(z.object({ size: z.number(), choices: z.number(), accuracy: z.number() })),
    })
    const { cellTypes } = z
      .object({ cellTypes: z.record(z.string(), z.object({ seedEnsembles: z.array(seeds) })) })
      .parse(JSON.parse(readFileSync(join(folder, 'choose/choice.json'), 'utf8')))
    expect(Object.keys(cellTypes)).toEqual(['HUVEC', 'U2OS'])
    for (const [cellType, { seedEnsembles }] of Object.entries(cellTypes)) {
      expect(seedEnsembles.map((of) => [of.runs, of.seeds])).toEqual([
        [runs.slice(0, 3), [1, 2, 3]],
      ])
      const [{ bySize, spread } = { bySize: [], spread: { accuracy: 0 } }] = seedEnsembles
      expect(bySize.map(({ size, choices }) => [size, choices])).toEqual([
        [1, 3],
        [2, 3],
        [3, 1],
      ])
      const own = table.filter(
        (line) => line.cellType === cellType && !line.members?.includes('member-3'),
      )
      for (const { size, accuracy } of bySize) {
        const of = own.filter(({ members = '' }) => members.split('; ').length === size)
        const sum = of.reduce((total, line) => total + Number(line.accuracy), 0)
        expect(accuracy).toBeCloseTo(sum / of.length, 5)
      }
      expect(bySize[2]?.accuracy).toBeGreaterThan((bySize[0]?.accuracy ?? 1) + 0.05)
      expect(spread.accuracy).toBeGreaterThan(0)
    }
    expect(lines.join('\n')).toMatch(/HUVEC: members 1 2 3 differ only in their seed/)
  })

  it('takes two ensembles, with reasons, and submits both', async () => {
    const { folder, runs } = screen()
    const others = {
      screen: { reader: 'rxrx1', name: 'synthetic', folder, answers: 'test_answers.csv' },
      assignment: { from: 'replaced', calibration: 'none', groups: { order: 'rotation' } },
      submission: { from: 'replaced' },
    }
    const { reporter, lines } = listeningReporter()
    const config = configOf(folder, runs, {}, others)
    await choose(config, reporter)
    const text = readFileSync(join(folder, 'choose/choice.json'), 'utf8')
    const { cellTypes, picks } = choiceSchema.parse(JSON.parse(text))
    const [first = '', copy = '', third = ''] = runs
    for (const { best, diverse, pairs, members } of Object.values(cellTypes)) {
      // Averaging what errs apart helps; a copy does not make a pair.
      expect(best.members).toContain(third)
      expect(diverse.accuracy).toBeGreaterThanOrEqual(best.accuracy - best.standardError)
      expect(diverse.disagreement).toBeGreaterThanOrEqual(best.disagreement)
      expect(pairs.find(({ a, b }) => a === first && b === copy)?.yulesQ).toBe(1)
      expect(members.find(({ run }) => run === third)?.leaveOneOut.accuracy).toBeGreaterThan(0)
    }
    expect(picks.best.reasons[0]).toMatch(
      /^HUVEC: .* accuracy 0\.\d{4} \(standard error 0\.\d{4}\), the best of 15 subsets on 120 units$/,
    )
    expect(lines.join('\n')).toContain(picks.diverse.reasons[1])
    for (const name of ['best', 'diverse']) {
      const csv = readFileSync(join(folder, `choose/${name}/submit/submission.csv`), 'utf8')
      expect(csv.split('\n')).toHaveLength(1 + treatedWells(settings, 'test').length + 1)
    }
    const table = z
      .array(z.record(z.string(), z.string()))
      .parse(parse(readFileSync(join(folder, 'choose/subsets.csv')), { columns: true }))
    expect(table).toHaveLength(30)
    expect(table.filter((line) => line.pick?.includes('best'))).toHaveLength(2)
    const front = Object.values(cellTypes).reduce((sum, of) => sum + of.front.length, 0)
    expect(table.filter((line) => line.front === 'yes')).toHaveLength(front)
    const plot = readFileSync(join(folder, 'choose/front.svg'), 'utf8')
    expect(plot.match(/r="2.5"/g)).toHaveLength(30)
    expect(plot.match(/>best: members/g)).toHaveLength(2)
    expect((await choose(config, silentReporter)).status).toBe('already done')
  })

  it('only averages where nothing is said of calls', async () => {
    const { folder, runs } = screen()
    await choose(
      configOf(folder, runs.slice(1, 3), { by: 'loss', diversity: 'ambiguity' }),
      silentReporter,
    )
    expect(existsSync(join(folder, 'choose/diverse/ensemble/calls.csv'))).toBe(true)
    expect(existsSync(join(folder, 'choose/best/assign'))).toBe(false)
  })

  it('refuses a run named twice, ranks judged by loss, and a run without the split', async () => {
    const { folder, runs } = screen()
    const [first = '', second = ''] = runs
    const failing = (members: readonly string[], changes: object) =>
      expect(choose(configOf(folder, members, changes), silentReporter)).rejects
    await failing([first, first], {}).toThrow('twice')
    await failing([first, second], { reduce: 'rankMean', by: 'loss' }).toThrow('ranks have no loss')
    const bare = writeInferRun(join(folder, 'bare'), { test: predictions('test', 0, 0.5) }, header)
    await failing([first, bare], {}).toThrow('has no predictions for the split validation')
    expect(existsSync(join(folder, 'choose'))).toBe(false)
  })
})
