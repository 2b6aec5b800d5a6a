import { existsSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Config, configSchema, type Reduction } from '../config/config.js'
import { ConfigError, PhenoprintError, PredictionError } from '../errors.js'
import { matrix } from '../evaluation/matrix.js'
import { metrics } from '../evaluation/metrics.js'
import type { PredictionHeader } from '../prediction/prediction-header.js'
import {
  type GivenRow,
  header,
  listeningReporter,
  unitRow,
  writeInferRun,
} from '../prediction/predictions.test.support.js'
import { readPredictions } from '../prediction/unit-predictions.js'
import { randomStream } from '../random.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { temporaryFolder } from '../testing/folder.js'
import { askNumbers } from '../testing/python.js'
import { ensemble } from './ensemble.js'

/** Units by plate; the last of each plate has no label. */
function rowsOf(member: number, perPlate = 6): GivenRow[] {
  return [0, 1, 2, 3].flatMap((plate) =>
    Array.from({ length: perPlate }, (_, i) => {
      const index = plate + 4 * i
      const label = i === perPlate - 1 ? null : index % 3
      const draw = randomStream(member, 'member', index)
      const logits = [0, 1, 2].map((c) => Math.fround(draw.normal() + (c === label ? 1 : 0)))
      return { who: unitRow(index, label), logits }
    }),
  )
}

function members(folder: string, count: number, of: PredictionHeader = header): string[] {
  return Array.from({ length: count }, (_, i) =>
    writeInferRun(join(folder, `member-${i}`), { test: rowsOf(i) }, of),
  )
}

function configOf(folder: string, lists: object, reduce: Reduction = 'logitMean'): Config {
  const output = join(folder, 'ensemble')
  return configSchema.parse({ output, ensemble: { members: lists, reduce, splits: ['test'] } })
}

const entries = (runs: readonly string[]) => runs.map((run) => ({ run }))

describe('an ensemble', () => {
  it.each(['logitMean', 'probabilityMean', 'rankMedian'] as const)(
    '%s equals numpy',
    async (reduce) => {
      const folder = temporaryFolder()
      const runs = members(folder, 3)
      const lists = {
        default: runs.map((run, i) => ({ run, weight: i + 1 })),
        U2OS: runs.slice(1).map((run) => ({ run })),
      }
      await ensemble(configOf(folder, lists, reduce), silentReporter)
      const script = `
from scipy.special import log_softmax
from scipy.stats import rankdata
x = np.array(d['x']); out = []
for i, cell in enumerate(d['cells']):
    z, w = (x[1:, i], [1, 1]) if cell == 'U2OS' else (x[:, i], [1, 2, 3])
    if d['reduce'] == 'logitMean': y = np.average(z, axis=0, weights=w)
    elif d['reduce'] == 'probabilityMean': y = np.log(np.average(np.exp(log_softmax(z, axis=1)), axis=0, weights=w))
    else: y = np.median(np.repeat(rankdata(z, axis=1) - 1, w, axis=0), axis=0)
    out += y.tolist()
print(json.dumps(out))`
      const given = [0, 1, 2].map((i) => rowsOf(i))
      const expected = askNumbers(script, {
        reduce,
        x: given.map((rows) => rows.map(({ logits }) => logits)),
        cells: given[0]?.map(({ who }) => who.cellType),
      })
      const got = await readPredictions(join(folder, 'ensemble/predictions/test.parquet'))
      expect(got.rows).toEqual(given[0]?.map(({ who }) => who))
      expect(got.header.scores).toBe(reduce === 'rankMedian' ? 'ranks' : 'logits')
      got.logits.data.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5)
      })
    },
  )

  it('writes metrics of itself and of each member, over labelled units', async () => {
    const folder = temporaryFolder()
    const runs = members(folder, 2)
    const lists = { default: entries(runs), U2OS: entries(runs.slice(1)) }
    const { reporter, lines } = listeningReporter()
    const result = await ensemble(configOf(folder, lists), reporter)
    const written: unknown = JSON.parse(readFileSync(join(folder, 'ensemble/metrics.json'), 'utf8'))
    expect(written).toEqual(JSON.parse(JSON.stringify(result.figures.splits)))
    const figures = z.object({ count: z.number(), accuracy: z.number(), loss: z.number() }).loose()
    const shape = { overall: figures, byCellType: z.record(z.string(), figures) }
    const { test } = z
      .object({
        test: z.object({ ...shape, members: z.array(z.object({ run: z.string(), ...shape })) }),
      })
      .parse(written)
    expect(test.overall.count).toBe(20)
    expect(test.members.map(({ run }) => run)).toEqual(runs)
    // The first member has no part in U2OS.
    expect(Object.keys(test.members[0]?.byCellType ?? {})).toEqual(['HUVEC'])
    const rows = rowsOf(1)
    const own = metrics(
      matrix(Float32Array.from(rows.flatMap(({ logits }) => logits)), rows.length, 3),
      Int32Array.from(rows, ({ who }) => who.label ?? -1),
    )
    expect(test.members[1]?.overall).toEqual(own)
    expect(lines.filter((line) => line.includes('member-1'))).toHaveLength(3)
    expect(lines.at(-1)).toMatch(/95 % interval [01]\.\d{4} to [01]\.\d{4}/)
  })

  it('writes a line a unit for people, unlabelled ones too', async () => {
    const folder = temporaryFolder()
    const runs = members(folder, 2)
    await ensemble(configOf(folder, { default: entries(runs) }), silentReporter)
    const path = join(folder, 'ensemble/calls.csv')
    const calls = z
      .array(z.record(z.string(), z.string()))
      .parse(parse(readFileSync(path), { columns: true }))
    expect(calls).toHaveLength(24)
    const { rows, logits } = await readPredictions(
      join(folder, 'ensemble/predictions/test.parquet'),
    )
    for (const [i, call] of calls.entries()) {
      const scores = [...logits.data.subarray(i * 3, i * 3 + 3)]
      const order = [0, 1, 2].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0))
      const total = scores.reduce((sum, value) => sum + Math.exp(value), 0)
      const [first = 0, second = 0] = order
      expect(call.unit).toBe(rows[i]?.unit)
      expect(call.call).toBe(String(first))
      expect(call.callName).toBe(header.classNames?.[first])
      expect(call.runnerUp).toBe(String(second))
      expect(Number(call.probability)).toBeCloseTo(Math.exp(scores[first] ?? 0) / total, 5)
      expect(Number(call.runnerUpProbability)).toBeCloseTo(Math.exp(scores[second] ?? 0) / total, 5)
      const label = rows[i]?.label ?? null
      expect(call.outcome).toBe(label === null ? '' : label === first ? 'right' : 'wrong')
      expect(call.label).toBe(label === null ? '' : String(label))
    }
  })

  it('has no probabilities of ranks', async () => {
    const folder = temporaryFolder()
    const runs = members(folder, 2)
    const { figures } = await ensemble(
      configOf(folder, { default: entries(runs) }, 'rankMean'),
      silentReporter,
    )
    expect(figures).toMatchObject({ splits: { test: { overall: { loss: Number.NaN } } } })
    expect(readFileSync(join(folder, 'ensemble/calls.csv'), 'utf8')).toMatch(/id 0,\d,[^\n]*,,/)
  })

  it('says which cell types have no members', async () => {
    const folder = temporaryFolder()
    const { reporter, lines } = listeningReporter()
    await ensemble(configOf(folder, { HUVEC: entries(members(folder, 2)) }), reporter)
    expect(lines.join('\n')).toContain('no members for cell type U2OS')
    const { rows } = await readPredictions(join(folder, 'ensemble/predictions/test.parquet'))
    expect(new Set(rows.map(({ cellType }) => cellType))).toEqual(new Set(['HUVEC']))
  })

  it('can be a member itself, and is done once', async () => {
    const folder = temporaryFolder()
    const runs = members(folder, 2)
    const config = configOf(folder, { default: entries(runs) })
    expect((await ensemble(config, silentReporter)).status).toBe('done')
    for (const run of runs) rmSync(run, { recursive: true })
    expect((await ensemble(config, silentReporter)).status).toBe('already done')
    const outer = configSchema.parse({
      output: join(folder, 'outer'),
      ensemble: { members: { default: [{ run: join(folder, 'ensemble') }] }, splits: ['test'] },
    })
    await ensemble(outer, silentReporter)
    const inner = await readPredictions(join(folder, 'ensemble/predictions/test.parquet'))
    const again = await readPredictions(join(folder, 'outer/predictions/test.parquet'))
    expect(again.logits).toEqual(inner.logits)
  })

  it('leaves no half files when it is stopped, and works afterwards', async () => {
    const folder = temporaryFolder()
    const config = configOf(folder, { default: entries(members(folder, 2)) })
    const stopped = { ...silentReporter, signal: AbortSignal.abort(new Error('stop')) }
    await expect(ensemble(config, stopped)).rejects.toThrow('stop')
    expect(existsSync(join(folder, 'ensemble/calls.csv'))).toBe(false)
    expect(readdirSync(join(folder, 'ensemble/predictions'))).toEqual(['test.parquet.partial'])
    await ensemble(config, silentReporter)
    expect(readdirSync(join(folder, 'ensemble/predictions'))).toEqual(['test.parquet'])
  })
})

describe('members that do not fit', () => {
  async function failure(config: Config): Promise<PhenoprintError> {
    const error: unknown = await ensemble(config, silentReporter).catch((fault: unknown) => fault)
    if (error instanceof PhenoprintError) return error
    throw new Error(`expected a fault, got ${String(error)}`)
  }

  /** An ensemble of an intact member and a changed one. */
  async function withOther(
    rows: readonly GivenRow[],
    of: PredictionHeader = header,
  ): Promise<PhenoprintError> {
    const folder = temporaryFolder()
    const [run = ''] = members(folder, 1)
    const other = writeInferRun(join(folder, 'other'), { test: rows }, of)
    const error = await failure(configOf(folder, { default: entries([run, other]) }))
    expect(error).toBeInstanceOf(PredictionError)
    expect(error.exitCode).toBe(3)
    return error
  }

  it('names the first unit that differs', async () => {
    const rows = rowsOf(1).filter((_, i) => i !== 8)
    expect((await withOther(rows)).message).toMatch(
      /unit number 8 is HUVEC-01\/1\/B09 in .*member-0 and HUVEC-01\/1\/B13 in .*other/,
    )
  })

  it('names the first unit that one has beyond the other', async () => {
    const rows = rowsOf(1).filter(({ who }) => who.plate !== '3')
    expect((await withOther(rows)).message).toMatch(
      /is U2OS-01\/3\/B03 in .*member-0 and missing in .*other/,
    )
  })

  it('names the first label that differs', async () => {
    const rows = rowsOf(1).map((row, i) =>
      i === 3 ? { ...row, who: { ...row.who, label: 2 } } : row,
    )
    expect((await withOther(rows)).message).toMatch(
      /unit HUVEC-00\/0\/B12 has label 0 in .* and 2 in/,
    )
  })

  it('refuses another count of classes, and other names', async () => {
    const rows = rowsOf(1).map(({ who, logits }) => ({ who, logits: logits.slice(0, 2) }))
    const two = await withOther(rows, { ...header, classes: 2, classNames: null })
    expect(two.message).toMatch(/predicts 2 classes, and .* 3/)
    const named = await withOther(rowsOf(1), { ...header, classNames: ['none', 'some', 'all'] })
    expect(named.message).toContain('class 1 is "some"')
  })

  it('refuses probabilities of members that are ranks', async () => {
    const folder = temporaryFolder()
    const runs = members(folder, 1, { ...header, scores: 'ranks', reduce: 'rankMean' })
    const error = await failure(configOf(folder, { default: entries(runs) }, 'probabilityMean'))
    expect(error.message).toContain('holds ranks')
  })

  it('refuses a run that is missing, not finished, or of another verb', async () => {
    const folder = temporaryFolder()
    const missing = await failure(configOf(folder, { default: [{ run: join(folder, 'nowhere') }] }))
    expect(missing.message).toContain('there is no run')
    expect(missing.exitCode).toBe(3)
    expect(existsSync(join(folder, 'ensemble'))).toBe(false)
    const [run = ''] = members(folder, 1)
    rmSync(join(run, 'result.json'))
    const unfinished = await failure(configOf(folder, { default: [{ run }] }))
    expect(unfinished.message).toContain('not finished')
    const trained = join(folder, 'trained')
    RunDirectory.open(trained, { verb: 'train', config: configSchema.parse({}) }).close()
    const other = await failure(configOf(folder, { default: [{ run: trained }] }))
    expect(other.message).toContain('holds a run of train, expected one of infer or ensemble')
  })

  it('refuses predictions that are missing or cut off', async () => {
    const folder = temporaryFolder()
    const [run = ''] = members(folder, 1)
    const path = join(run, 'predictions/test.parquet')
    truncateSync(path, 300)
    const cut = await failure(configOf(folder, { default: [{ run }] }))
    expect(cut).toBeInstanceOf(PredictionError)
    expect(cut.message).toContain('not a whole Parquet file')
    rmSync(path)
    const missing = await failure(configOf(folder, { default: [{ run }] }))
    expect(missing.message).toContain('no predictions for the split test')
  })

  it('refuses a list for a cell type that is nowhere', async () => {
    const folder = temporaryFolder()
    const runs = members(folder, 1)
    const error = await failure(configOf(folder, { default: entries(runs), U20S: entries(runs) }))
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.exitCode).toBe(2)
    expect(error.message).toContain('Did you mean U2OS?')
  })
})
