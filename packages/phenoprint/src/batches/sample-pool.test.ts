import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { PlateControls } from './plate-controls.js'
import { samplePool } from './sample-pool.js'
import { originOf } from './sample-weights.js'
import { batchesSection, drawnScreen, treatedSites } from './screen.test.support.js'

const screen = drawnScreen(randomStream(12, 'distribution screen'))
const sites = treatedSites(screen)

describe('samplePool', () => {
  it('refuses names that the screen does not have, with the nearest', () => {
    const section = batchesSection({ weights: { cellType: { Hela: 2 } } })
    expect(() => samplePool(screen, sites, section, 4)).toThrow(
      /batches\.weights\.cellType: got "Hela", .*HeLa/,
    )
  })

  it('leaves out what has weight 0, and refuses to leave out all', () => {
    const { experiment } = originOf(screen, sites[0] ?? -1).plate
    const without = batchesSection({ weights: { experiment: { [experiment]: 0 } } })
    const pool = samplePool(screen, sites, without, 4)
    expect(pool.draws).toBe(sites.length)
    for (const site of pool.groups.flatMap((group) => group.sites)) {
      expect(originOf(screen, site).plate.experiment).not.toBe(experiment)
    }
    const none = batchesSection({ weights: { role: { treatment: 0 } } })
    expect(() => samplePool(screen, sites, none, 4)).toThrow(/leave out all/)
  })

  it('draws a lone site of a plate twice, unless batches are of one sample anyway', () => {
    const [one] = sites
    const section = batchesSection({ batchFrom: 'plate' })
    expect(samplePool(screen, [one ?? -1], section, 4).draws).toBe(2)
    expect(samplePool(screen, [one ?? -1], section, 1).draws).toBe(1)
  })

  it('draws every site once where nothing weighs more', () => {
    const pool = samplePool(screen, sites, batchesSection({ batchFrom: 'experiment' }), 4)
    expect(pool.groups.length).toBeGreaterThan(1)
    expect(
      pool.groups.every(({ weights, draws, sites: of }) => weights === null && draws === of.length),
    ).toBe(true)
  })
})

describe('PlateControls', () => {
  it('gives predicted views controls that depend on the view alone', () => {
    const controls = new PlateControls(screen, 'negativeControl')
    const views = sites.flatMap((site) =>
      [0, 1].map((tile) => ({ site, tile, symmetry: 'rot90' as const })),
    )
    const whole = controls.beside(views, 5, 4)
    expect(controls.beside(views.slice(7, 9), 5, 4)).toEqual(whole.slice(7, 9))
    expect(controls.beside(views, 6, 4)).not.toEqual(whole)
    for (const { site, control } of whole) {
      const beside = originOf(screen, control?.site ?? -1)
      expect(beside.unit.role).toBe('negativeControl')
      expect(beside.plate).toBe(originOf(screen, site).plate)
      expect(control?.symmetry).toBe('rot90')
    }
  })

  it('names the plate that has no control', () => {
    const units = screen.units.map((unit) => ({ ...unit, role: 'treatment' as const }))
    const controls = new PlateControls({ ...screen, units }, 'control')
    const choice = {
      seed: 1,
      tilesPerSite: 1,
      symmetries: ['identity'] as const,
      augmentation: null,
    }
    expect(() => controls.drawFor(choice, 1, sites[0] ?? -1, 0)).toThrow(
      /batches\.pairs: plate E0\/0 has no labelled control/,
    )
  })
})
