import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { randomStream } from '../random.js'
import { epochBatches } from './epoch-batches.js'
import { NormControls, normControls } from './norm-controls.js'
import { samplePool } from './sample-pool.js'
import { originOf } from './sample-weights.js'
import {
  augmentationSection,
  batchesSection,
  drawnScreen,
  treatedSites,
} from './screen.test.support.js'

const screen = drawnScreen(randomStream(12, 'distribution screen'))
const sites = treatedSites(screen)
const size = { height: 8, width: 8 }
const order = {
  ...{ seed: 7, tilesPerSite: 4, symmetries: ['identity', 'flipX'] as const, batchSize: 4 },
  pool: samplePool(screen, sites, batchesSection({ batchFrom: 'plate' }), 4),
  controls: null,
  augmentation: null,
}

describe('NormControls', () => {
  const controls = new NormControls(screen, 3)

  it('stand beside batches of their plate, others each time, the same each time they are asked', () => {
    const drawn = [1, 2].flatMap((epoch) =>
      epochBatches(order, epoch).map((batch, place) => {
        const beside = controls.beside(order, batch, epoch, place)
        expect(beside).toHaveLength(3)
        expect(controls.beside(order, batch, epoch, place)).toEqual(beside)
        const plate = originOf(screen, batch[0]?.site ?? -1).plate
        for (const { site } of beside) {
          expect(originOf(screen, site).plate).toBe(plate)
          expect(originOf(screen, site).unit.role).toBe('negativeControl')
        }
        return JSON.stringify(beside)
      }),
    )
    expect(new Set(drawn).size).toBeGreaterThan(drawn.length / 2)
  })

  it('are drawn uniformly: sites, tiles and symmetries', () => {
    const [batch] = epochBatches(order, 1)
    const plate = originOf(screen, batch?.[0]?.site ?? -1).plate
    const own = plate.units.flatMap((index) => {
      const unit = screen.units[index]
      return unit?.role === 'negativeControl' ? unit.sites : []
    })
    const counts = new Map<string, number>()
    const draws = 33_000
    for (let place = 0; place < draws / 3; place++) {
      for (const { site, tile, symmetry } of controls.beside(order, batch ?? [], 1, place)) {
        const key = `${site} ${tile} ${symmetry}`
        counts.set(key, (counts.get(key) ?? 0) + 1)
      }
    }
    const kinds = own.length * 4 * 2
    expect(counts.size).toBe(kinds)
    const expected = draws / kinds
    const chiSquare = [...counts.values()].reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    )
    // The 99.9 % point of up to 23 degrees of freedom.
    expect(kinds).toBeLessThanOrEqual(24)
    expect(chiSquare).toBeLessThan(49.7)
  })

  it('are augmented as samples are', () => {
    const section = augmentationSection({ rotation: {} })
    const augmentation = { section, channels: 1, image: size, tile: size }
    const [batch = []] = epochBatches(order, 1)
    const beside = controls.beside({ ...order, augmentation }, batch, 1, 0)
    const angles = beside.map((view) => view.augmentation?.rotation?.degrees)
    expect(new Set(angles).size).toBe(3)
  })

  it('names the plate that has none', () => {
    const units = screen.units.map((unit) => ({ ...unit, role: 'treatment' as const }))
    const none = new NormControls({ ...screen, units }, 3)
    expect(() => none.beside(order, epochBatches(order, 1)[0] ?? [], 1, 0)).toThrow(
      /batches\.normControls: plate E.* has no negative control/,
    )
  })
})

describe('normControls', () => {
  it('need batches of one plate, and no pairs', () => {
    const of = (batches: object) => normControls(screen, configSchema.parse({ batches }))
    expect(of({})).toBeNull()
    expect(of({ normControls: 4, batchFrom: 'plate' })).toBeInstanceOf(NormControls)
    expect(() => of({ normControls: 4 })).toThrow(/batchFrom: all, expected batchFrom: plate/)
    expect(() => of({ normControls: 4, batchFrom: 'plate', pairs: 'control' })).toThrow(
      /pairs: control, expected one of them/,
    )
  })
})
