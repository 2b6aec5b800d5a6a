import { memory } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { predictionSamples } from '../batches/samples.js'
import { InterruptedError, PredictionError } from '../errors.js'
import { row } from '../evaluation/matrix.js'
import { createReducer } from '../evaluation/reductions.js'
import { itOnDevices } from '../testing/devices.js'
import { drawnImages, LinearNetwork } from './network.test.support.js'
import { predictUnits, type UnitOptions } from './predict-units.js'
import { predictViews, type ViewLoader } from './predict-views.js'
import { screenOf } from './screen.test.support.js'

const screen = screenOf({
  'HUVEC-01/1': [{ label: 0 }, { label: 1, sites: 1 }, { label: 2, sites: 3 }],
  'RPE-01/1': [{ label: 0 }, { label: null, sites: 0 }],
})
const options: UnitOptions = {
  device: 'cpu',
  batchSize: 5,
  classes: 4,
  tilesPerSite: 2,
  symmetries: ['identity', 'rot90', 'flipX'],
  reduce: 'logitMean',
}

describe('logits of units', () => {
  it.each(['logitMean', 'logitMedian', 'probabilityMean'] as const)(
    'are the %s of their views',
    async (reduce) => {
      using network = new LinearNetwork(2, 4)
      const got = await predictUnits(network, drawnImages(2), screen, [2, 0, 3], {
        ...options,
        reduce,
      })
      expect(got.rows).toBe(3)
      for (const [r, unit] of [2, 0, 3].entries()) {
        const reducer = createReducer(reduce, 4)
        const sites = [...(screen.units[unit]?.sites ?? [])]
        const { tilesPerSite, symmetries } = options
        const samples = predictionSamples({ sites, tilesPerSite, symmetries })
        expect(samples).toHaveLength(sites.length * 6)
        for (const sample of samples) reducer.add(Float64Array.from(network.logitsOf(sample)))
        const expected = reducer.take()
        row(got, r).forEach((value, k) => {
          expect(value).toBeCloseTo(expected[k] ?? Number.NaN, 5)
        })
      }
    },
  )

  itOnDevices('are the means of their views', async (device) => {
    using network = new LinearNetwork(2, 4).to({ device })
    const got = await predictUnits(network, drawnImages(2), screen, [2, 3], { ...options, device })
    for (const [r, unit] of [2, 3].entries()) {
      const sites = [...(screen.units[unit]?.sites ?? [])]
      const { tilesPerSite, symmetries } = options
      const logits = predictionSamples({ sites, tilesPerSite, symmetries }).map((sample) =>
        network.logitsOf(sample),
      )
      row(got, r).forEach((value, k) => {
        const mean = logits.reduce((sum, own) => sum + (own[k] ?? Number.NaN), 0) / logits.length
        expect(value).toBeCloseTo(mean, 4)
      })
    }
  })

  it('do not depend on the batch size', async () => {
    using network = new LinearNetwork(2, 4)
    const units = [0, 1, 2, 3]
    const one = await predictUnits(network, drawnImages(2), screen, units, {
      ...options,
      batchSize: 1,
    })
    const all = await predictUnits(network, drawnImages(2), screen, units, {
      ...options,
      batchSize: 99,
    })
    all.data.forEach((value, i) => {
      expect(value).toBeCloseTo(one.data[i] ?? Number.NaN, 5)
    })
  })

  it('are those of the first classes, where the network knows controls too', async () => {
    using network = new LinearNetwork(2, 4)
    const four = await predictUnits(network, drawnImages(2), screen, [0], options)
    const three = await predictUnits(network, drawnImages(2), screen, [0], {
      ...options,
      classes: 3,
    })
    expect([...three.data]).toEqual([...four.data.subarray(0, 3)])
  })

  it('are none for a unit without a site', async () => {
    using network = new LinearNetwork(2, 4)
    const predicted = predictUnits(network, drawnImages(2), screen, [0, 4], options)
    await expect(predicted).rejects.toThrow(PredictionError)
    const nothing = await predictUnits(network, drawnImages(2), screen, [], options)
    expect(nothing.rows).toBe(0)
  })
})

describe('the network', () => {
  itOnDevices('leaves no tensors behind', async (device) => {
    using network = new LinearNetwork(2, 4).to({ device })
    await predictUnits(network, drawnImages(2), screen, [0, 2], { ...options, device })
    const before = memory.live().tensors
    await predictUnits(network, drawnImages(2), screen, [0, 2], { ...options, device })
    expect(memory.live().tensors).toBe(before)
  })

  it('keeps no memory for each size of a last batch', async () => {
    using network = new LinearNetwork(2, 4)
    const loader: ViewLoader = {
      load: async ({ length }) => ({
        images: new Float32Array(length * 256 * 256 * 2),
        shape: [length, 2, 256, 256],
        release() {},
      }),
    }
    const reserved: number[] = []
    for (let last = 1; last < 32; last += 2) {
      const samples = Array.from({ length: 32 + last }, (_, site) => ({
        site,
        tile: 0,
        symmetry: 'identity' as const,
      }))
      const views = predictViews(network, loader, samples, { ...options, batchSize: 32 })
      for await (const _ of views) reserved.push(memory.allocator().reserved)
    }
    // A full batch takes 16 MiB; one full and one last batch may be cached at once.
    expect(Math.max(...reserved) - Math.min(...reserved)).toBeLessThan(48 * 2 ** 20)
  })

  it('must know enough classes', async () => {
    using network = new LinearNetwork(2, 4)
    const predicted = predictUnits(network, drawnImages(2), screen, [0], { ...options, classes: 5 })
    await expect(predicted).rejects.toThrow('logits of shape [5, 4] for 5 views, expected [5, 5]')
  })

  it('must give finite logits', async () => {
    using network = new LinearNetwork(2, 4)
    network.weight.copyFrom(new Float32Array(8).fill(Number.NaN))
    const predicted = predictUnits(network, drawnImages(2), screen, [0], options)
    await expect(predicted).rejects.toThrow('not finite')
  })
})

describe('views', () => {
  const samples = predictionSamples({ sites: [0, 1, 2], tilesPerSite: 2, symmetries: ['identity'] })

  it('come in order, while the next batch is loaded', async () => {
    using network = new LinearNetwork(2, 4)
    const loader = drawnImages(2)
    const seen: unknown[] = []
    for await (const views of predictViews(network, loader, samples, {
      ...options,
      batchSize: 4,
    })) {
      expect(loader.loads).toEqual([4, 2])
      seen.push(...views.map(({ sample }) => sample))
    }
    expect(seen).toEqual([...samples])
  })

  it('stop between batches when told to', async () => {
    using network = new LinearNetwork(2, 4)
    const stop = new AbortController()
    const batches: number[] = []
    const run = async () => {
      const told = { ...options, batchSize: 2, signal: stop.signal }
      for await (const views of predictViews(network, drawnImages(2), samples, told)) {
        batches.push(views.length)
        // As a signal handler would, while the loop waits.
        setImmediate(() => stop.abort(new InterruptedError('stopped', 130)))
      }
    }
    await expect(run()).rejects.toThrow(InterruptedError)
    expect(batches).toEqual([2])
  })

  it('hand a fault of the loader on', async () => {
    using network = new LinearNetwork(2, 4)
    const broken = { load: () => Promise.reject(new PredictionError('no pixels')) }
    const run = predictViews(network, broken, samples, options).next()
    await expect(run).rejects.toThrow('no pixels')
  })
})
