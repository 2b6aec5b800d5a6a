import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { row } from '../evaluation/matrix.js'
import { createReducer } from '../evaluation/reductions.js'
import { silentReporter } from '../run/reporter.js'
import { RunDirectory } from '../run/run-directory.js'
import { temporaryFolder } from '../testing/folder.js'
import { planSplits } from './inference-plan.js'
import { drawnImages, LinearNetwork } from './network.test.support.js'
import { predictSplit, type SplitInputs } from './predict-split.js'
import type { PredictionHeader } from './prediction-header.js'
import { predictionRow } from './prediction-row.js'
import { header, listeningReporter } from './predictions.test.support.js'
import { screenOf } from './screen.test.support.js'
import { readPredictions } from './unit-predictions.js'
import { readViews } from './view-predictions.js'

const screen = screenOf({
  'HUVEC-01/1': [{ label: 0 }, { label: 1, sites: 1 }],
  'HUVEC-01/2': [{ label: 2, sites: 3 }],
  'RPE-01/1': [{ label: 0 }, { label: null }],
})
const units = [...screen.units.keys()]
const [plan] = planSplits(screen, { train: [], validation: [], test: units }, ['test'])
const symmetries = ['identity', 'transpose'] as const
const own: PredictionHeader = { ...header, symmetries: [...symmetries] }

/** A network for each cell type, and what a split is predicted with. */
function inputsFor(run: RunDirectory, changes: Partial<SplitInputs> = {}) {
  const networks = new Map(['HUVEC', 'RPE'].map((name, i) => [name, new LinearNetwork(2, 3, i)]))
  const loader = drawnImages(2)
  const inputs: SplitInputs = {
    run,
    reporter: silentReporter,
    screen,
    loader,
    networks: {
      networkFor: (cellType) => networks.get(cellType) ?? new LinearNetwork(2, 3),
    },
    header: own,
    source: 'these networks',
    views: 'float32',
    options: {
      device: 'cpu',
      batchSize: 4,
      classes: 3,
      tilesPerSite: 2,
      symmetries,
      reduce: 'logitMean',
    },
    ...changes,
  }
  return { inputs, loader, networks }
}

function newRun(folder = temporaryFolder()): RunDirectory {
  return RunDirectory.open(folder, { verb: 'infer', config: configSchema.parse({}) })
}

async function predict(inputs: SplitInputs): Promise<void> {
  if (plan === undefined) throw new Error('there is no plan')
  await predictSplit(plan, inputs)
}

describe('a split', () => {
  it('is predicted by the network of each cell type, every view kept', async () => {
    using run = newRun()
    const { inputs, networks } = inputsFor(run)
    await predict(inputs)
    const predictions = await readPredictions(run.path('predictions/test.parquet'))
    expect(predictions.header).toEqual(own)
    expect(predictions.rows).toEqual(units.map((unit) => predictionRow(screen, unit)))

    const reducer = createReducer('logitMean', 3)
    const reduced: number[] = []
    let unit = ''
    let views = 0
    for await (const block of readViews(run.path('predictions/test.views.parquet'))) {
      for (const [i, view] of block.rows.entries()) {
        if (reducer.count > 0 && view.unit !== unit) reduced.push(...reducer.take())
        unit = view.unit
        const logits = row(block.logits, i)
        reducer.add(logits)
        views++
        const site = screen.sites.findIndex(({ id }) => id === `${view.unit}/${view.site}`)
        const symmetry = symmetries.find((name) => name === view.symmetry) ?? 'identity'
        const expected = networks.get(view.cellType)?.logitsOf({ site, tile: view.tile, symmetry })
        logits.forEach((value, k) => {
          expect(value).toBeCloseTo(expected?.[k] ?? Number.NaN, 5)
        })
      }
    }
    reduced.push(...reducer.take())
    expect(views).toBe(screen.sites.length * 4)
    expect([...predictions.logits.data]).toEqual(reduced.map(Math.fround))
  })

  it('keeps views in half precision, or none', async () => {
    using half = newRun()
    await predict(inputsFor(half, { views: 'float16' }).inputs)
    using none = newRun()
    await predict(inputsFor(none, { views: 'none' }).inputs)
    expect(readdirSync(none.path('predictions'))).toEqual(['test.parquet'])
    const ofNone = await readPredictions(none.path('predictions/test.parquet'))
    const ofHalf = await readPredictions(half.path('predictions/test.parquet'))
    expect(ofNone.logits).toEqual(ofHalf.logits)
    for await (const { logits } of readViews(half.path('predictions/test.views.parquet'))) {
      expect(logits.columns).toBe(3)
    }
  })

  it('goes on after the last whole plate when it was stopped, to the same bytes', async () => {
    using undisturbed = newRun()
    const whole = inputsFor(undisturbed)
    await predict(whole.inputs)

    const folder = temporaryFolder()
    const stop = new AbortController()
    {
      using run = newRun(folder)
      const { inputs } = inputsFor(run)
      let batches = 0
      const loader = {
        load: (samples: Parameters<typeof inputs.loader.load>[0]) => {
          // In the middle of the second plate.
          if (++batches === 5) stop.abort(new Error('stopped'))
          return inputs.loader.load(samples)
        },
      }
      const options = { ...inputs.options, signal: stop.signal }
      await expect(predict({ ...inputs, loader, options })).rejects.toThrow('stopped')
      expect(existsSync(run.path('predictions/test.parquet'))).toBe(false)
      expect(existsSync(run.path('predictions/test.views.parquet'))).toBe(false)
    }
    using run = newRun(folder)
    const { reporter, lines } = listeningReporter()
    const { inputs, loader } = inputsFor(run, { reporter })
    await predict(inputs)
    expect(lines).toEqual(['infer: test: 1 of 3 plates were done before'])
    const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0)
    expect(sum(loader.loads)).toBe(sum(whole.loader.loads) - 12)
    for (const name of ['test.parquet', 'test.views.parquet']) {
      const resumed = readFileSync(join(folder, 'predictions', name))
      expect(resumed.equals(readFileSync(undisturbed.path('predictions', name)))).toBe(true)
    }
    expect(readdirSync(join(folder, 'predictions')).sort()).toEqual([
      'test.parquet',
      'test.views.parquet',
    ])
    const events = readFileSync(join(folder, 'events.jsonl'), 'utf8').trim().split('\n')
    expect(events).toHaveLength(3)
  })

  it('is not predicted again when it is whole', async () => {
    using run = newRun()
    await predict(inputsFor(run).inputs)
    const { inputs, loader } = inputsFor(run)
    await predict(inputs)
    expect(loader.loads).toEqual([])
  })

  it('begins anew when the networks are others', async () => {
    const folder = temporaryFolder()
    const stop = new AbortController()
    {
      using run = newRun(folder)
      const { inputs } = inputsFor(run)
      const event = run.event.bind(run)
      run.event = (fact) => {
        event(fact)
        stop.abort(new Error('stopped'))
      }
      const options = { ...inputs.options, signal: stop.signal }
      await expect(predict({ ...inputs, options })).rejects.toThrow('stopped')
    }
    using run = newRun(folder)
    const { inputs, loader } = inputsFor(run, { source: 'other networks' })
    await predict(inputs)
    expect(loader.loads.reduce((a, b) => a + b, 0)).toBe(screen.sites.length * 4)
  })

  it('without units is an empty table', async () => {
    using run = newRun()
    const { inputs } = inputsFor(run)
    await predictSplit({ name: 'validation', plates: [], sites: 0 }, inputs)
    const { rows, header: read } = await readPredictions(run.path('predictions/validation.parquet'))
    expect(rows).toEqual([])
    expect(read.classes).toBe(3)
  })
})
