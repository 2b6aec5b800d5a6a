import { describe, expect, it } from 'vitest'
import { symmetries } from '../config/batches.js'
import { type RandomStream, randomStream } from '../random.js'
import type { Screen } from '../screen/screen.js'
import { type BatchOrder, batchesPerEpoch, epochBatches, partOfRank } from './epoch-batches.js'
import { PlateControls } from './plate-controls.js'
import { samplePool } from './sample-pool.js'
import { originOf } from './sample-weights.js'
import { epochSamples } from './samples.js'
import {
  augmentationSection,
  batchesSection,
  drawnScreen,
  treatedSites,
} from './screen.test.support.js'

function pick<T>(stream: RandomStream, of: readonly T[]): T {
  const value = of[stream.integer(of.length)]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}

/** Every augmentation there is. */
const everything = {
  ...{ channels: 2, image: { height: 40, width: 30 }, tile: { height: 16, width: 16 } },
  section: augmentationSection({
    tile: 'random',
    ...{ zoomCrop: { probability: 0.5 }, rotation: { zoom: [0.9, 1.1], shift: 0.1 } },
    ...{ blur: { probability: 0.5 }, gain: 0.1, offset: 0.1 },
    ...{ cutMix: { probability: 0.4 }, mixup: { probability: 0.4 } },
  }),
}

interface Case {
  readonly screen: Screen
  readonly order: BatchOrder
  readonly batchFrom: 'all' | 'plate' | 'experiment' | 'cellType'
}

/** A screen, a configuration and a seed. */
function drawCase(number: number): Case {
  const stream = randomStream(2026, 'batch case', number)
  const screen = drawnScreen(stream)
  const batchFrom = pick(stream, ['all', 'plate', 'experiment', 'cellType'] as const)
  const { cellType, experiment } = pick(stream, screen.plates)
  const section = batchesSection({
    sampler: pick(stream, ['shuffled', 'balanced']),
    balanceBy: pick(stream, ['class', 'cellType', 'experiment']),
    batchFrom,
    weights: pick(stream, [
      {},
      { cellType: { [cellType]: 2.5 } },
      { experiment: { [experiment]: 0.3 }, cellType: { [cellType]: 4 } },
    ]),
  })
  const batchSize = 1 + stream.integer(20)
  const order = {
    seed: stream.word() * 2 ** 20 + stream.integer(2 ** 20),
    tilesPerSite: 1 + stream.integer(5),
    symmetries: symmetries.slice(0, 1 + stream.integer(8)),
    batchSize,
    pool: samplePool(screen, treatedSites(screen), section, batchSize),
    controls: stream.integer(2) === 0 ? null : new PlateControls(screen, 'control'),
    augmentation: pick(stream, [null, everything]),
  }
  return { screen, order, batchFrom }
}

describe('batches of drawn screens, settings and seeds', () => {
  const cases = Array.from({ length: 400 }, (_, number) => drawCase(number))

  it('are the same samples in the same order from any resume point, among whatever else is asked', () => {
    for (const { order } of cases) {
      const stream = randomStream(order.seed, 'resume test')
      const epoch = 1 + stream.integer(1000)
      const whole = epochBatches(order, epoch)
      epochBatches(order, epoch + 1)
      const again = epochBatches({ ...order }, epoch)
      const step = stream.integer(whole.length)
      expect(again.slice(step)).toEqual(whole.slice(step))
      expect(whole).toHaveLength(batchesPerEpoch(order))
    }
  })

  it('are the same samples in the same order on any number of ranks', () => {
    for (const [number, { order }] of cases.entries()) {
      const ranks = 1 + (number % 9)
      for (const batch of epochBatches(order, 3)) {
        const parts = Array.from({ length: ranks }, (_, rank) => partOfRank(batch, rank, ranks))
        expect(parts.flat()).toEqual(batch)
        const sizes = parts.map((part) => part.length)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }
    }
  })

  it('come from one plate, experiment or cell type where that is asked for, and are not too large', () => {
    for (const { screen, order, batchFrom } of cases) {
      const { batchSize } = order
      const batches = epochBatches(order, 2)
      for (const batch of batches) {
        const keys = batch.map(({ site }) => {
          const { plate } = originOf(screen, site)
          return batchFrom === 'all' ? '' : batchFrom === 'plate' ? plate.id : plate[batchFrom]
        })
        expect(new Set(keys).size).toBe(1)
        expect(batch.length).toBeLessThanOrEqual(batchSize === 1 ? 1 : batchSize + 1)
        if (batchSize > 1) expect(batch.length).toBeGreaterThan(1)
      }
      const samples = batches.flat()
      expect(samples).toHaveLength(order.pool.draws)
      const views = samples.map(({ site, tile, symmetry }) => `${site} ${tile} ${symmetry}`)
      for (const { site, tile, symmetry } of samples) {
        expect(tile < order.tilesPerSite && order.symmetries.includes(symmetry), views[0]).toBe(
          true,
        )
        expect(originOf(screen, site).unit.role).toBe('treatment')
      }
    }
  })

  it('draw each site the floor or the ceiling of its share, on average its share', () => {
    for (const { order } of cases.slice(0, 100)) {
      const counts = new Map<number, number>()
      const epochs = 30
      for (let epoch = 1; epoch <= epochs; epoch++) {
        const now = new Map<number, number>()
        for (const { site } of epochBatches(order, epoch).flat()) {
          now.set(site, (now.get(site) ?? 0) + 1)
          counts.set(site, (counts.get(site) ?? 0) + 1)
        }
        for (const { sites, weights, draws } of order.pool.groups) {
          const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? sites.length
          sites.forEach((site, i) => {
            const share = ((weights?.[i] ?? 1) / total) * draws
            expect(Math.abs((now.get(site) ?? 0) - share)).toBeLessThan(1 + 1e-9)
          })
        }
      }
      for (const { sites, weights, draws } of order.pool.groups) {
        const total = weights?.reduce((sum, weight) => sum + weight, 0) ?? sites.length
        sites.forEach((site, i) => {
          const share = ((weights?.[i] ?? 1) / total) * draws
          // Five standard deviations of a mean of Bernoulli draws, at most 1/2 each.
          expect(Math.abs((counts.get(site) ?? 0) / epochs - share)).toBeLessThan(
            2.5 / Math.sqrt(epochs),
          )
        })
      }
    }
  })

  it('stand beside a control of the same plate in pairs', () => {
    const paired = cases.filter(({ order }) => order.controls !== null)
    expect(paired.length).toBeGreaterThan(100)
    for (const { screen, order } of paired) {
      for (const { site, control } of epochBatches(order, 5).flat()) {
        const beside = originOf(screen, control?.site ?? -1)
        expect(beside.plate).toBe(originOf(screen, site).plate)
        expect(beside.unit.role).not.toBe('treatment')
      }
    }
  })
})

describe('mixing', () => {
  it('is drawn anew for each batch of each epoch', () => {
    const screen = drawnScreen(randomStream(3, 'plain'))
    const pool = samplePool(screen, treatedSites(screen), batchesSection(), 4)
    const augmentation = { ...everything, section: augmentationSection({ cutMix: {} }) }
    const order = { seed: 9, tilesPerSite: 4, symmetries, pool, batchSize: 4, augmentation }
    const boxes = [1, 2, 3].flatMap((epoch) =>
      epochBatches({ ...order, controls: null }, epoch).map(([first]) =>
        JSON.stringify(first?.mix?.box),
      ),
    )
    expect(boxes.length).toBeGreaterThan(5)
    // Of 16 x 16 places and 16 sizes few are alike; drawn once for all epochs a third would differ.
    expect(new Set(boxes).size).toBeGreaterThan(0.9 * boxes.length)
  })
})

describe('without balance, weights or groups', () => {
  it('an epoch is the plain one, cut into batches', () => {
    const screen = drawnScreen(randomStream(3, 'plain'))
    const sites = treatedSites(screen)
    const choice = { seed: 9, tilesPerSite: 4, symmetries, augmentation: null }
    const pool = samplePool(screen, sites, batchesSection(), 4)
    const batches = epochBatches({ ...choice, pool, batchSize: 4, controls: null }, 6)
    expect(batches.flat()).toEqual(epochSamples({ ...choice, epoch: 6, sites }))
  })
})
