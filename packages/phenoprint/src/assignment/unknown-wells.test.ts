import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { expect, it } from 'vitest'
import { z } from 'zod'
import { configSchema } from '../config/config.js'
import { writeEmbeddings } from '../embedding/embedding-file.js'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { simulatedWells } from '../simulate/layout.js'
import { assign } from './assign.js'
import {
  configOf,
  failure,
  predictions,
  screenWithRun,
  settings,
} from './assigned-screen.test.support.js'
import { rowsOf } from './generated-predictions.test.support.js'

it('flags wells that lie far from every class of the embedding, and those of low energy', async () => {
  const folder = screenWithRun()
  const wells = rowsOf(simulatedWells(settings).filter(({ role }) => role === 'treatment'))
  // Each class has a place of its own; every fifth test well lies where none is.
  const tested = new Set(predictions('test', 0.4).map(({ who }) => who.unit))
  const strange = new Set([...tested].filter((_, i) => i % 5 === 0))
  const draw = randomStream(2, 'embedding')
  const features = 8
  const data = Float32Array.from({ length: wells.length * features }, (_, i) => {
    const { unit = '', label = 0 } = wells[Math.floor(i / features)] ?? {}
    const place = Math.sin((label ?? 0) * 7 + (i % features)) * 4
    return (strange.has(unit) ? 9 * ((i % 3) - 1) : place) + draw.normal() * 0.5
  })
  const run = join(folder, 'embed')
  {
    const config = configSchema.parse({ output: run })
    using directory = RunDirectory.open(run, { verb: 'embed', config })
    const of = matrix(data, wells.length, features)
    writeEmbeddings(directory.path('embeddings.parquet'), wells, of)
    directory.finish({ status: 'done', figures: {}, files: [] })
  }
  for (const [score, quantile] of [
    ['distance', 0.05],
    ['either', 0.1],
  ] as const) {
    const output = join(folder, score)
    const unknown = { score, quantile, embeddings: run }
    await assign({ ...configOf(folder, { unknown }), output }, silentReporter)
    const lines = z
      .array(z.record(z.string(), z.string()))
      .parse(parse(readFileSync(join(output, 'calls.csv')), { columns: true }))
    const flagged = (split: string, of: (unit: string) => boolean) => {
      const own = lines.filter((line) => line.split === split && of(line.unit ?? ''))
      return own.filter(({ flags }) => flags?.includes('unknown')).length / own.length
    }
    expect(flagged('test', (unit) => strange.has(unit))).toBe(1)
    expect(flagged('test', (unit) => !strange.has(unit))).toBeLessThan(0.3)
    expect(flagged('validation', () => true)).toBeCloseTo(quantile, 1)
  }
  const unknown = { score: 'either', embeddings: join(folder, 'infer') }
  const error = await failure({ ...configOf(folder, { unknown }), output: join(folder, 'other') })
  expect(error.message).toContain('assignment.unknown.embeddings')
  expect(() => configOf(folder, { unknown: { score: 'distance' } })).toThrow('a run of embed')
})
