import { describe, expect, it } from 'vitest'
import { symmetries } from '../config/batches.js'
import { randomStream } from '../random.js'
import { type BatchOrder, epochBatches } from './epoch-batches.js'
import { PlateControls } from './plate-controls.js'
import { samplePool } from './sample-pool.js'
import { originOf } from './sample-weights.js'
import type { Sample } from './samples.js'
import { batchesSection, drawnScreen, treatedSites } from './screen.test.support.js'

const draws = 100_000
const screen = drawnScreen(randomStream(12, 'distribution screen'))
const sites = treatedSites(screen)

function orderOf(
  fields: Readonly<Record<string, unknown>>,
  controls: PlateControls | null = null,
): BatchOrder {
  const pool = samplePool(screen, sites, batchesSection(fields), 16)
  return { seed: 7, tilesPerSite: 4, symmetries, batchSize: 16, pool, controls, augmentation: null }
}

/** The samples of as many epochs as make 100,000, in order. */
function drawMany(order: BatchOrder): Sample[] {
  const samples: Sample[] = []
  for (let epoch = 1; samples.length < draws; epoch++) {
    samples.push(...epochBatches(order, epoch).flat())
  }
  return samples.slice(0, draws)
}

/** How far counts are from their shares. */
function chiSquare(keys: readonly string[], shares: ReadonlyMap<string, number>): number {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  const total = [...shares.values()].reduce((sum, share) => sum + share, 0)
  expect([...counts.keys()].filter((key) => !shares.has(key))).toEqual([])
  return [...shares].reduce((sum, [key, share]) => {
    const expected = (share / total) * keys.length
    return sum + ((counts.get(key) ?? 0) - expected) ** 2 / expected
  }, 0)
}

/** The 99.9 % point of chi-square: Wilson & Hilferty 1931, good to a hundredth here. */
function bound(degrees: number): number {
  const spread = 2 / (9 * degrees)
  return degrees * (1 - spread + 3.0902 * Math.sqrt(spread)) ** 3
}

function uniform(keys: readonly string[]): Map<string, number> {
  return new Map(keys.map((key) => [key, 1]))
}

const classOf = ({ site }: Sample) => String(originOf(screen, site).unit.label)

describe('over 100,000 draws', () => {
  it.each([
    {},
    { sampler: 'balanced' },
    { batchFrom: 'plate', weights: { role: { treatment: 2 } } },
  ])('tiles, symmetries and their pairs are uniform with %j', (fields) => {
    const samples = drawMany(orderOf(fields))
    const tiles = ['0', '1', '2', '3']
    expect(
      chiSquare(
        samples.map(({ tile }) => `${tile}`),
        uniform(tiles),
      ),
    ).toBeLessThan(bound(3))
    const turns = samples.map(({ symmetry }) => symmetry)
    expect(chiSquare(turns, uniform(symmetries))).toBeLessThan(bound(7))
    const both = tiles.flatMap((tile) => symmetries.map((turn) => `${tile} ${turn}`))
    const keys = samples.map(({ tile, symmetry }) => `${tile} ${symmetry}`)
    expect(chiSquare(keys, uniform(both))).toBeLessThan(bound(31))
  })

  it('views of one site in successive epochs do not depend on each other', () => {
    const [site] = sites
    const order = { ...orderOf({}), tilesPerSite: 3 }
    const tiles: number[] = []
    for (let epoch = 1; epoch <= 4000; epoch++) {
      for (const sample of epochBatches(order, epoch).flat()) {
        if (sample.site === site) tiles.push(sample.tile)
      }
    }
    const steps = tiles.slice(1).map((tile, i) => `${tiles[i]} ${tile}`)
    const pairs = [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => `${a} ${b}`))
    expect(chiSquare(steps, uniform(pairs))).toBeLessThan(bound(8))
  })

  it('balanced: each class, cell type or experiment comes as often, each site of one as often', () => {
    const classes = [
      ...new Set(sites.map((site) => classOf({ site, tile: 0, symmetry: 'identity' }))),
    ]
    expect(classes.length).toBeGreaterThan(2)
    const samples = drawMany(orderOf({ sampler: 'balanced' }))
    expect(chiSquare(samples.map(classOf), uniform(classes))).toBeLessThan(
      bound(classes.length - 1),
    )
    const ofClass = samples.filter((sample) => classOf(sample) === classes[0])
    const sitesOfClass = sites.filter(
      (site) => String(originOf(screen, site).unit.label) === classes[0],
    )
    expect(
      chiSquare(
        ofClass.map(({ site }) => `${site}`),
        uniform(sitesOfClass.map(String)),
      ),
    ).toBeLessThan(bound(sitesOfClass.length - 1))
    for (const balanceBy of ['cellType', 'experiment'] as const) {
      const kinds = [...new Set(screen.plates.map((plate) => plate[balanceBy]))]
      const keys = drawMany(orderOf({ sampler: 'balanced', balanceBy })).map(
        ({ site }) => originOf(screen, site).plate[balanceBy],
      )
      expect(chiSquare(keys, uniform(kinds))).toBeLessThan(bound(kinds.length - 1))
    }
  })

  it('weights: sites come in proportion to them, in batches of anything', () => {
    const [first] = screen.plates
    const experiment = first?.experiment ?? ''
    for (const batchFrom of ['all', 'cellType']) {
      const samples = drawMany(orderOf({ batchFrom, weights: { experiment: { [experiment]: 3 } } }))
      const shares = new Map(
        sites.map((site) => [
          `${site}`,
          originOf(screen, site).plate.experiment === experiment ? 3 : 1,
        ]),
      )
      // Shares of groups are whole numbers of samples, which is what the wider bound is for.
      const keys = samples.map(({ site }) => `${site}`)
      expect(chiSquare(keys, shares) / keys.length).toBeLessThan(batchFrom === 'all' ? 2e-3 : 5e-3)
    }
  })

  it('pairs: every control site of the plate, tile and symmetry comes as often', () => {
    const samples = drawMany(orderOf({}, new PlateControls(screen, 'control')))
    const [one] = sites
    const plate = originOf(screen, one ?? -1).plate
    const beside = samples.filter(({ site }) => originOf(screen, site).plate === plate)
    const controls = plate.units.flatMap((index) => {
      const unit = screen.units[index]
      return unit === undefined || unit.role === 'treatment' ? [] : unit.sites
    })
    expect(controls.length).toBeGreaterThan(1)
    const at = (key: (of: NonNullable<Sample['control']>) => string) =>
      beside.flatMap(({ control }) => (control === undefined ? [] : [key(control)]))
    expect(
      chiSquare(
        at(({ site }) => `${site}`),
        uniform(controls.map(String)),
      ),
    ).toBeLessThan(bound(controls.length - 1))
    expect(
      chiSquare(
        at(({ tile }) => `${tile}`),
        uniform(['0', '1', '2', '3']),
      ),
    ).toBeLessThan(bound(3))
    expect(
      chiSquare(
        at(({ symmetry }) => symmetry),
        uniform(symmetries),
      ),
    ).toBeLessThan(bound(7))
  })
})
