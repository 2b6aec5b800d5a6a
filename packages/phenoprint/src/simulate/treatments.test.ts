import { describe, expect, it } from 'vitest'
import { correlation, moments, simulationSettings } from './settings.test.support.js'
import { cellTypeTraits, sensitivities, type TraitName, traitNames, traitsOf } from './traits.js'
import { Treatments } from './treatments.js'

const untreated = traitsOf(() => 1)
const shifts = (treatments: Treatments, trait: TraitName, cellType: string) =>
  Array.from({ length: 1000 }, (_, label) =>
    Math.log(treatments.apply(untreated, label, cellType)[trait]),
  )

describe('a treatment', () => {
  it('moves each trait by its sensitivity times the strength, over many treatments', () => {
    const treatments = new Treatments(simulationSettings({ strengths: { treatment: 0.2 } }))
    for (const trait of traitNames) {
      const { mean, deviation } = moments(shifts(treatments, trait, 'HUVEC'))
      expect(deviation / (0.2 * sensitivities[trait])).toBeGreaterThan(0.9)
      expect(deviation / (0.2 * sensitivities[trait])).toBeLessThan(1.1)
      expect(Math.abs(mean)).toBeLessThan(0.03)
    }
  })

  it('does to another cell type the same but for the share that is its own', () => {
    for (const own of [0, 0.4, 1]) {
      const treatments = new Treatments(simulationSettings({ strengths: { treatmentOwn: own } }))
      const each = traitNames.map((trait) =>
        correlation(shifts(treatments, trait, 'HUVEC'), shifts(treatments, trait, 'RPE')),
      )
      expect(Math.abs(moments(each).mean - (1 - own))).toBeLessThan(0.12)
    }
  })

  it('leaves untreated cells alone, and depends on its label alone', () => {
    const treatments = new Treatments(simulationSettings())
    expect(treatments.apply(untreated, null, 'HUVEC')).toEqual(untreated)
    const fewer = new Treatments(simulationSettings({ cellTypes: { RPE: { train: 1, test: 0 } } }))
    expect(fewer.apply(untreated, 5, 'RPE')).toEqual(treatments.apply(untreated, 5, 'RPE'))
    expect(treatments.apply(untreated, 5, 'RPE')).not.toEqual(treatments.apply(untreated, 6, 'RPE'))
  })
})

describe('a cell type', () => {
  const none = { train: 0, test: 0 }

  it('is as described, or as the configuration says, or the average of all', () => {
    expect(cellTypeTraits('HEPG2', none, 1).density).toBeCloseTo(1900, 6)
    expect(cellTypeTraits('HEPG2', { ...none, density: 700 }, 1).density).toBeCloseTo(700, 6)
    const average = cellTypeTraits('A549', none, 1)
    expect(average.density).toBeGreaterThan(720)
    expect(average.density).toBeLessThan(1900)
    expect(cellTypeTraits('HEPG2', none, 0)).toEqual(cellTypeTraits('RPE', none, 0))
  })

  it('stands further from the average the greater the strength, on the log scale', () => {
    const [none0, half, full] = [0, 0.5, 1].map((strength) =>
      Math.log(cellTypeTraits('HEPG2', none, strength).density),
    )
    expect((half ?? 0) - (none0 ?? 0)).toBeCloseTo(((full ?? 0) - (none0 ?? 0)) / 2, 9)
  })
})
