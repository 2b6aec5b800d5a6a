import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { header, predictions } from '../assignment/assigned-screen.test.support.js'
import { configSchema } from '../config/config.js'
import { ConfigError, EarlierRunError, PredictionError } from '../errors.js'
import { listeningReporter, writeInferRun } from '../prediction/predictions.test.support.js'
import { silentReporter } from '../run/reporter.js'
import { readPseudoLabels } from '../screen/pseudo-labels.js'
import { pseudoLabel } from './pseudo-label.js'
import { screenWithModel, split, writeTraining } from './screen-with-model.test.support.js'

function configOf(folder: string, name: string, section: object = {}, rest: object = {}) {
  return configSchema.parse({
    output: join(folder, name),
    screen: { reader: 'rxrx1', name: 'synthetic', folder, answers: 'test_answers.csv' },
    split,
    pseudoLabels: { from: [join(folder, 'infer')], confidence: 'margin', ...section },
    assignment: { from: join(folder, 'infer'), groups: { order: 'rotation' } },
    ...rest,
  })
}

const share = { rule: 'share', share: 0.4 }

function table(run: string): Record<string, string>[] {
  const text = readFileSync(join(run, 'pseudo-labels.csv'))
  return z.array(z.record(z.string(), z.string())).parse(parse(text, { columns: true }))
}

const bytesOf = (run: string) =>
  ['pseudo-labels.csv', 'pseudo-labels.json'].map((name) => readFileSync(join(run, name), 'utf8'))

/** Gives every unit of some experiments, in every table and prediction, the label after its own. */
function changeLabels(folder: string, experiments: readonly string[]): void {
  for (const name of ['train.csv', 'test_answers.csv']) {
    const [first = '', ...lines] = readFileSync(join(folder, name), 'utf8').trimEnd().split('\n')
    const changed = lines.map((line) => {
      if (!experiments.some((experiment) => line.startsWith(`${experiment}_`))) return line
      const cells = line.split(',')
      return [...cells.slice(0, -1), (Number(cells.at(-1)) + 1) % 60].join(',')
    })
    writeFileSync(join(folder, name), `${[first, ...changed].join('\n')}\n`)
  }
  rmSync(join(folder, 'infer'), { recursive: true })
  const relabelled = (part: 'train' | 'test') =>
    predictions(part, 0.6).map(({ who, logits }) => {
      const label = experiments.includes(who.experiment) ? ((who.label ?? 0) + 1) % 60 : who.label
      return { who: { ...who, label }, logits }
    })
  const splits = { validation: relabelled('train'), test: relabelled('test') }
  writeInferRun(join(folder, 'infer'), splits, header)
}

describe('pseudo-label', () => {
  it('writes the most confident units of each cell type, and what stands behind them', async () => {
    const folder = screenWithModel()
    const { reporter, lines } = listeningReporter()
    const config = configOf(folder, 'round-1', share)
    const result = await pseudoLabel(config, reporter)
    const run = join(folder, 'round-1')
    const chosen = table(run)
    // 120 wells of HUVEC and 60 of U2OS are tested.
    expect(chosen.filter(({ cellType }) => cellType === 'HUVEC')).toHaveLength(48)
    expect(chosen.filter(({ cellType }) => cellType === 'U2OS')).toHaveLength(24)
    expect(chosen.every(({ experiment = '' }) => /^(HUVEC-0[78]|U2OS-05)$/.test(experiment))).toBe(
      true,
    )
    const { labels, origin } = await readPseudoLabels(run)
    expect(labels.map(({ unit, label }) => [unit, String(label)])).toEqual(
      chosen.map(({ unit, label }) => [unit, label]),
    )
    expect(origin.rounds).toMatchObject([
      {
        round: 1,
        from: [join(folder, 'infer')],
        models: [{ run: join(folder, 'infer-training'), verb: 'train', seed: 7, data: 'digest' }],
        chosen: { HUVEC: 48, U2OS: 24 },
      },
    ])
    expect(origin.learnedFrom).toHaveLength(24)
    expect(origin.learnedFrom.some((plate) => /^(HUVEC-06|U2OS-04)/.test(plate))).toBe(false)
    const truth = new Map(predictions('test', 0.6).map(({ who }) => [who.unit, String(who.label)]))
    const right = chosen.filter(({ unit = '', label }) => truth.get(unit) === label).length
    expect(right / chosen.length).toBeGreaterThan(0.75)
    expect(lines.join('\n')).toMatch(
      /round 1, HUVEC: 48 more of 120 units, 0 from before; of 48 whose label is known \d+ are right/,
    )
    const { byCellType } = z
      .object({ byCellType: z.record(z.string(), z.object({ right: z.number() })) })
      .parse(result.figures)
    expect(Object.values(byCellType).reduce((sum, of) => sum + of.right, 0)).toBe(right)
    expect((await pseudoLabel(config, silentReporter)).status).toBe('already done')
  })

  it('gives the same bytes whatever the labels of validation and test units are', async () => {
    const folder = screenWithModel()
    for (const [name, section] of [
      ['by-share', share],
      ['by-probability', { confidence: 'probability', threshold: 0.5 }],
      ['of-both', { ...share, splits: ['validation', 'test'] }],
    ] as const) {
      await pseudoLabel(configOf(folder, `${name}-before`, section), silentReporter)
    }
    changeLabels(folder, ['HUVEC-06', 'U2OS-04', 'HUVEC-07', 'HUVEC-08', 'U2OS-05'])
    const told = listeningReporter()
    for (const [name, section] of [
      ['by-share', share],
      ['by-probability', { confidence: 'probability', threshold: 0.5 }],
      ['of-both', { ...share, splits: ['validation', 'test'] }],
    ] as const) {
      await pseudoLabel(configOf(folder, `${name}-after`, section), told.reporter)
      const [before, after] = [`${name}-before`, `${name}-after`].map((run) =>
        bytesOf(join(folder, run)),
      )
      expect(after).toEqual(before)
    }
    expect(told.lines.join('\n')).toMatch(/of 48 whose label is known [0-5] are right/)
  })

  it('does depend on the labels of training plates, so the comparison above can fail', async () => {
    const folder = screenWithModel()
    await pseudoLabel(configOf(folder, 'before', share), silentReporter)
    const permuted = ['HUVEC-01', 'HUVEC-02', 'HUVEC-03', 'HUVEC-04', 'HUVEC-05']
    changeLabels(folder, [...permuted, 'U2OS-01', 'U2OS-02', 'U2OS-03'])
    await pseudoLabel(configOf(folder, 'after', share), silentReporter)
    expect(bytesOf(join(folder, 'after'))[0]).not.toBe(bytesOf(join(folder, 'before'))[0])
  })

  it('builds a round on another: labels stay, their classes are closed, the share goes on', async () => {
    const folder = screenWithModel()
    const grow = { rule: 'growingShare', share: 0.2, lastShare: 0.8, rounds: 2 }
    await pseudoLabel(configOf(folder, 'round-1', grow), silentReporter)
    writeTraining(join(folder, 'second-training'), {
      training: { pseudoLabels: { from: join(folder, 'round-1') } },
    })
    writeFileSync(
      join(folder, 'second-training/pseudo-labels.json'),
      readFileSync(join(folder, 'round-1/pseudo-labels.json')),
    )
    writeInferRun(
      join(folder, 'infer-2'),
      { test: predictions('test', 0.8) },
      header,
      join(folder, 'second-training'),
    )
    const from = [join(folder, 'infer-2')]
    const previous = join(folder, 'round-1')
    const second = { ...grow, from, previous }
    await pseudoLabel(configOf(folder, 'round-2', second), silentReporter)
    const [first, both] = ['round-1', 'round-2'].map((name) => table(join(folder, name)))
    expect(first?.filter(({ cellType }) => cellType === 'U2OS')).toHaveLength(24)
    expect(both?.slice(0, first?.length)).toEqual(first)
    expect(both?.filter(({ cellType }) => cellType === 'U2OS')).toHaveLength(36)
    expect(both?.filter(({ cellType }) => cellType === 'HUVEC')).toHaveLength(72)
    const keys = both?.map(({ experiment, plate, label }) => `${experiment}/${plate} ${label}`)
    expect(new Set(keys).size).toBe(keys?.length)
    const { origin } = await readPseudoLabels(join(folder, 'round-2'))
    expect(origin.rounds.map(({ round, models }) => [round, models.map(({ run }) => run)])).toEqual(
      [
        [1, [join(folder, 'infer-training')]],
        [2, [join(folder, 'second-training')]],
      ],
    )
    const third = configOf(folder, 'round-3', { ...second, previous: join(folder, 'round-2') })
    await expect(pseudoLabel(third, silentReporter)).rejects.toThrow(
      /pseudoLabels.rounds: got 2, and this is round 3/,
    )
  })

  it('counts every plate that any model behind has seen: fine-tuned, begun from, in rounds', async () => {
    const folder = screenWithModel()
    const other = { validation: { HUVEC: ['HUVEC-01'], U2OS: ['U2OS-01'] } }
    writeTraining(join(folder, 'first'), { split: other })
    mkdirSync(join(folder, 'first/checkpoints'))
    const weights = join(folder, 'first/checkpoints/best.safetensors')
    writeTraining(join(folder, 'begun-from'), { model: { weights } })
    const run = writeInferRun(
      join(folder, 'infer-begun-from'),
      { test: predictions('test', 0.6) },
      header,
      join(folder, 'begun-from'),
    )
    await pseudoLabel(configOf(folder, 'labels', { ...share, from: [run] }), silentReporter)
    const { origin } = await readPseudoLabels(join(folder, 'labels'))
    const has = (plate: string) => origin.learnedFrom.some((id) => id.startsWith(plate))
    expect([has('HUVEC-06'), has('U2OS-04'), has('HUVEC-07')]).toEqual([true, true, false])
  })

  it('says what is wrong with what it was given', async () => {
    const folder = screenWithModel()
    const failing = async (name: string, section: object) => {
      const error: unknown = await pseudoLabel(
        configOf(folder, name, section),
        silentReporter,
      ).catch((fault: unknown) => fault)
      return error
    }
    const none = await failing('none', { confidence: 'probability', threshold: 1.5 })
    expect(none).toBeInstanceOf(PredictionError)
    expect(String(none)).toMatch(/chooses none of 180 units.*Lower pseudoLabels.threshold/)
    const cellType = await failing('type', { ...share, cellTypes: ['huvec'] })
    expect(cellType).toBeInstanceOf(ConfigError)
    expect(String(cellType)).toMatch(/got cell type "huvec".*Did you mean HUVEC\?/)
    rmSync(join(folder, 'infer/predictions/validation.parquet'))
    const missing = await failing('missing', { ...share, splits: ['validation'] })
    expect(String(missing)).toMatch(/has no predictions of the split validation/)
    rmSync(join(folder, 'infer-training'), { recursive: true })
    const gone = await failing('gone', share)
    expect(gone).toBeInstanceOf(EarlierRunError)
    expect(String(gone)).toContain(`the run behind ${join(folder, 'infer')}: there is no run in`)
  })

  it('averages runs, and refuses those of other units or of ranks', async () => {
    const folder = screenWithModel()
    const test = predictions('test', 0.6)
    const training = join(folder, 'infer-training')
    const reversed = writeInferRun(
      join(folder, 'reversed'),
      { test: [...test].reverse() },
      header,
      training,
    )
    const fewer = writeInferRun(join(folder, 'fewer'), { test: test.slice(1) }, header, training)
    const ranks = { ...header, scores: 'ranks' as const, reduce: 'rankMean' as const }
    const ranked = writeInferRun(join(folder, 'ranked'), { test }, ranks, training)
    const from = (run: string) => ({ ...share, from: [join(folder, 'infer'), run] })
    await pseudoLabel(configOf(folder, 'alone', share), silentReporter)
    await pseudoLabel(configOf(folder, 'twice', from(reversed)), silentReporter)
    expect(table(join(folder, 'twice'))).toEqual(table(join(folder, 'alone')))
    await expect(pseudoLabel(configOf(folder, 'a', from(fewer)), silentReporter)).rejects.toThrow(
      /has predictions of 179 units.*expected the 180 units/,
    )
    await expect(pseudoLabel(configOf(folder, 'b', from(ranked)), silentReporter)).rejects.toThrow(
      /holds ranks.*ranks have no confidence/,
    )
  })
})
