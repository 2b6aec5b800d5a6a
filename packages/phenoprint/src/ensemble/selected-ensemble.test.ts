import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configSchema } from '../config/config.js'
import {
  type GivenRow,
  listeningReporter,
  unitRow,
  writeInferRun,
} from '../prediction/predictions.test.support.js'
import { readPredictions } from '../prediction/unit-predictions.js'
import { randomStream } from '../random.js'
import { silentReporter } from '../run/reporter.js'
import { temporaryFolder } from '../testing/folder.js'
import { ensemble } from './ensemble.js'

/** Units of four plates; the label's logit is raised by a strength. */
function rowsOf(
  member: number,
  strength: number,
  keep: (index: number) => boolean = () => true,
): GivenRow[] {
  return [0, 1, 2, 3].flatMap((plate) =>
    Array.from({ length: 30 }, (_, i) => plate + 4 * i)
      .filter(keep)
      .map((index) => {
        const draw = randomStream(member, 'selected', index)
        const label = index % 3
        const logits = [0, 1, 2].map((c) =>
          Math.fround(draw.normal() + (c === label ? strength : 0)),
        )
        return { who: unitRow(index, label), logits }
      }),
  )
}

function configOf(folder: string, runs: readonly string[], changes: object) {
  const members = { default: runs.map((run) => ({ run })) }
  return configSchema.parse({
    output: join(folder, 'ensemble'),
    ensemble: { members, splits: ['test'], ...changes },
  })
}

const selectionSchema = z.record(
  z.string(),
  z.object({
    units: z.number(),
    leftOut: z.number(),
    experiments: z.array(z.string()),
    members: z.array(z.object({ run: z.string(), accuracy: z.number(), weight: z.number() })),
    chosen: z.object({ loss: z.number().nullable() }),
    given: z.object({ loss: z.number().nullable() }),
    heldOut: z.object({ chosen: z.object({ loss: z.number() }) }).nullable(),
  }),
)

function selectionOf(folder: string) {
  const text = readFileSync(join(folder, 'ensemble/selection.json'), 'utf8')
  return selectionSchema.parse(JSON.parse(text))
}

/** Three members; the second is best, the third knows nothing. */
function three(folder: string): string[] {
  return [1, 2, 0].map((strength, i) =>
    writeInferRun(join(folder, `member-${i}`), {
      validation: rowsOf(i, strength),
      test: rowsOf(i + 10, strength),
    }),
  )
}

describe('a selected ensemble', () => {
  it('takes the best members of each cell type', async () => {
    const folder = temporaryFolder()
    const runs = three(folder)
    const [first = '', second = ''] = runs
    await ensemble(configOf(folder, runs, { select: { topModels: 1 } }), silentReporter)
    const selection = selectionOf(folder)
    expect(Object.keys(selection)).toEqual(['HUVEC', 'U2OS'])
    expect(selection.HUVEC?.members.map(({ weight }) => weight)).toEqual([0, 1, 0])
    const got = await readPredictions(join(folder, 'ensemble/predictions/test.parquet'))
    const own = await readPredictions(join(second, 'predictions/test.parquet'))
    expect(got.logits.data).toEqual(own.logits.data)
    expect(first).not.toBe(second)
  })

  it('finds weights on some experiments and judges them on others', async () => {
    const folder = temporaryFolder()
    const runs = three(folder)
    const select = { weights: 'forward', folds: 2 }
    const lists = { HUVEC: runs.map((run) => ({ run })) }
    const config = configOf(folder, runs, { select, members: lists })
    await ensemble(config, silentReporter)
    const { HUVEC } = selectionOf(folder)
    expect(HUVEC?.experiments).toEqual(['HUVEC-00', 'HUVEC-01'])
    const weights = HUVEC?.members.map(({ weight }) => weight) ?? []
    expect(weights[1]).toBeGreaterThan(weights[0] ?? 1)
    expect(weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
    expect(HUVEC?.chosen.loss).toBeLessThan(HUVEC?.given.loss ?? 0)
    expect(HUVEC?.heldOut?.chosen.loss).toBeGreaterThan(0)
    const folds = { ...select, folds: 3 }
    const other = configOf(join(folder, 'other'), runs, { select: folds, members: lists })
    await expect(ensemble(other, silentReporter)).rejects.toThrow('HUVEC-00, HUVEC-01')
  })

  it('compares members only on units that none of them trained on, and says so', async () => {
    const folder = temporaryFolder()
    const runs = [0, 1].map((i) =>
      writeInferRun(join(folder, `member-${i}`), {
        validation: rowsOf(i, 1, (index) => index < 60 === (i === 0) || index % 8 === 0),
        test: rowsOf(i + 10, 1),
      }),
    )
    const { reporter, lines } = listeningReporter()
    const lists = { HUVEC: runs.map((run) => ({ run })) }
    const select = { weights: 'simplex' }
    await ensemble(configOf(folder, runs, { select, members: lists }), reporter)
    expect(lines[0]).toBe(
      'ensemble: HUVEC: members compared on 15 units of 1 experiment that none of them trained on; 45 units of only some members left out',
    )
    expect(selectionOf(folder).HUVEC).toMatchObject({ units: 15, leftOut: 45 })
    const apart = [0, 1].map((i) =>
      writeInferRun(join(folder, `apart-${i}`), {
        validation: rowsOf(i, 1, (index) => index % 8 === 4 * i),
        test: rowsOf(i, 1),
      }),
    )
    const none = configOf(join(folder, 'none'), apart, {
      select,
      members: { HUVEC: apart.map((run) => ({ run })) },
    })
    await expect(ensemble(none, silentReporter)).rejects.toThrow('no labelled unit in common')
  })

  it('averages units over the folds that have them', async () => {
    const folder = temporaryFolder()
    const keeps = [(index: number) => index % 3 !== 0, (index: number) => index % 3 !== 1]
    const runs = keeps.map((keep, i) =>
      writeInferRun(join(folder, `fold-${i}`), { test: rowsOf(i, 1, keep) }),
    )
    await ensemble(configOf(folder, runs, { units: 'any' }), silentReporter)
    const got = await readPredictions(join(folder, 'ensemble/predictions/test.parquet'))
    expect(got.rows).toHaveLength(120)
    const given = [0, 1].map(
      (i) => new Map(rowsOf(i, 1, keeps[i]).map(({ who, logits }) => [who.unit, logits])),
    )
    got.rows.forEach(({ unit }, r) => {
      const of = given.flatMap((rows) => {
        const logits = rows.get(unit)
        return logits === undefined ? [] : [logits]
      })
      for (const c of [0, 1, 2]) {
        const mean = of.reduce((sum, logits) => sum + (logits[c] ?? 0), 0) / of.length
        expect(got.logits.data[3 * r + c]).toBeCloseTo(mean, 6)
      }
    })
    await expect(ensemble(configOf(join(folder, 'all'), runs, {}), silentReporter)).rejects.toThrow(
      'do not have the same units',
    )
  })

  it('lets only the best classes of each member count', async () => {
    const folder = temporaryFolder()
    const runs = three(folder).slice(0, 1)
    await ensemble(configOf(folder, runs, { topK: 1 }), silentReporter)
    const got = await readPredictions(join(folder, 'ensemble/predictions/test.parquet'))
    const { data } = got.logits
    for (let r = 0; r < got.rows.length; r++) {
      const values = [0, 1, 2].map((c) => data[3 * r + c] ?? 0).sort((a, b) => a - b)
      expect(values[0]).toBe(values[1])
    }
  })

  it.each([
    { reduce: 'logitMedian', weights: 'forward', by: 'loss' },
    { reduce: 'probabilityMedian', weights: 'given', by: 'loss', topModels: 1 },
    { reduce: 'rankMedian', weights: 'forward', by: 'accuracy', rounds: 5 },
  ])('selects for medians too: %j', async ({ reduce, ...select }) => {
    const folder = temporaryFolder()
    const runs = three(folder)
    await ensemble(configOf(folder, runs, { select, reduce }), silentReporter)
    for (const { members } of Object.values(selectionOf(folder))) {
      const weights = members.map(({ weight }) => weight)
      expect(Math.max(...weights)).toBe(weights[1])
      expect(weights[2]).toBe(0)
    }
  })

  it('refuses to find weights by the loss of ranks', async () => {
    const folder = temporaryFolder()
    const runs = three(folder)
    const select = { weights: 'simplex' }
    const ranks = configOf(folder, runs, { select, reduce: 'rankMean' })
    await expect(ensemble(ranks, silentReporter)).rejects.toThrow('expected accuracy')
  })
})
