import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import {
  type GivenRow,
  type GivenView,
  header,
  unitRow,
  writeInferRun,
  writeViews,
} from '../prediction/predictions.test.support.js'
import { readPredictions } from '../prediction/unit-predictions.js'
import { randomStream } from '../random.js'
import { silentReporter } from '../run/reporter.js'
import { temporaryFolder } from '../testing/folder.js'
import { askNumbers } from '../testing/python.js'
import { ensemble } from './ensemble.js'

const sites = ['1', '2']
const tiles = [0, 1, 2, 3]
const symmetries = ['identity', 'rot90', 'flipX']
const units = [0, 1, 2, 3].flatMap((plate) => [0, 1, 2].map((i) => unitRow(plate + 4 * i, i % 3)))

/** `[unit, site, tile, symmetry]` */
function viewsOf(member: number): GivenView[] {
  return units.flatMap((who) =>
    sites.flatMap((site) =>
      tiles.flatMap((tile) =>
        symmetries.map((symmetry) => {
          const draw = randomStream(member, `${who.unit} ${site} ${tile} ${symmetry}`)
          const logits = [0, 1, 2].map(() => Math.fround(draw.normal()))
          return { who, site, tile, symmetry, logits }
        }),
      ),
    ),
  )
}

/** Runs of infer that stored zeros for every unit, and views; ranks, for what is stored last. */
function members(folder: string, count: number): string[] {
  const stored: GivenRow[] = units.map((who) => ({ who, logits: [0, 0, 0] }))
  const of = { ...header, scores: 'ranks', reduce: 'rankMean' } as const
  return Array.from({ length: count }, (_, i) => {
    const run = writeInferRun(join(folder, `member-${i}`), { test: stored }, of)
    writeViews(run, 'test', viewsOf(i), of)
    return run
  })
}

async function average(folder: string, runs: readonly string[], changes: object) {
  const list = runs.map((run, i) => ({ run, weight: i + 1 }))
  const section = { members: { default: list }, splits: ['test'], ...changes }
  const output = join(folder, 'ensemble')
  await ensemble(configSchema.parse({ output, ensemble: section }), silentReporter)
  return await readPredictions(join(output, 'predictions/test.parquet'))
}

describe('predictions averaged again from stored views', () => {
  it('are those of numpy, level by level, for a single run', async () => {
    const folder = temporaryFolder()
    const got = await average(folder, members(folder, 1), {
      averaging: [
        { level: 'symmetries', reduce: 'logitMedian' },
        { level: 'tiles', weights: { 0: 1, 1: 2, 2: 3, 3: 4 } },
        { level: 'sites', reduce: 'probabilityMean' },
      ],
    })
    const script = `
from scipy.special import log_softmax
x = np.array(d).reshape(-1, 2, 4, 3, 3)
x = np.average(np.median(x, axis=3), axis=2, weights=[1, 2, 3, 4])
print(json.dumps(np.log(np.exp(log_softmax(x, axis=2)).mean(1)).ravel().tolist()))`
    const expected = askNumbers(
      script,
      viewsOf(0).map(({ logits }) => logits),
    )
    expect(got.rows).toEqual(units)
    expect(got.header.scores).toBe('logits')
    expect(got.logits.data).toHaveLength(expected.length)
    got.logits.data.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 5)
    })
  })

  it('leave out what is not named, before members are weighed', async () => {
    const folder = temporaryFolder()
    const averaging = [{ level: 'sites' }]
    const got = await average(folder, members(folder, 2), { averaging, units: 'any' })
    const kept = [0, 1].map((member) =>
      viewsOf(member).filter(({ tile, symmetry }) => tile === 0 && symmetry === 'identity'),
    )
    units.forEach(({ unit }, index) => {
      const at = got.rows.findIndex((who) => who.unit === unit)
      const rows = kept.map((views) => views.filter(({ who }) => who.unit === unit))
      for (const c of [0, 1, 2]) {
        const [a = Number.NaN, b = Number.NaN] = rows.map((views) =>
          views.reduce((sum, { logits }) => sum + (logits[c] ?? 0) / 2, 0),
        )
        expect(got.logits.data[at * 3 + c], `unit ${index}`).toBeCloseTo((a + 2 * b) / 3, 5)
      }
    })
  })

  it('are refused where views were not kept, and as probabilities of ranks', async () => {
    const folder = temporaryFolder()
    const [run = ''] = members(folder, 1)
    const averaging = [{ level: 'tiles', reduce: 'rankMean' }]
    await expect(average(folder, [run], { averaging, reduce: 'probabilityMean' })).rejects.toThrow(
      'holds ranks (its reduce is rankMean)',
    )
    rmSync(join(run, 'predictions/test.views.parquet'))
    await expect(average(folder, [run], { averaging })).rejects.toThrow(
      /ensemble\.averaging: .*member-0 has no views of the split test/,
    )
  })
})
