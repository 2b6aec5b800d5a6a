import { describe, expect, it } from 'vitest'
import type { SimulatedWell } from './layout.js'
import { siteOptics } from './optics.js'
import { moments, simulationSettings } from './settings.test.support.js'

const well = (fields: Partial<SimulatedWell> = {}): SimulatedWell => ({
  cellType: 'HUVEC',
  experiment: 'HUVEC-01',
  plate: 1,
  well: 'C05',
  row: 0,
  column: 0,
  part: 'train',
  role: 'treatment',
  label: 0,
  ...fields,
})
const silent = { experiment: 0, outliers: 0, plate: 0, position: 0, site: 0 }
const numbers = Array.from({ length: 1500 }, (_, index) => index + 1)

describe('the optics of a site', () => {
  it.each([
    ['experiment', (n: number) => well({ experiment: `HUVEC-${n}` })],
    ['plate', (n: number) => well({ plate: n })],
  ] as const)('has the spread of log gain that %s is given', (level, at) => {
    const settings = simulationSettings({ strengths: { ...silent, [level]: 0.3 } })
    const gains = numbers.map((n) => Math.log(siteOptics(settings, at(n), 1).gain[2] ?? 0))
    expect(moments(gains).deviation).toBeCloseTo(0.3, 1)
    expect(Math.abs(moments(gains).mean)).toBeLessThan(0.03)
  })

  it('has the spread over sites, and nothing moves that is not told to', () => {
    const settings = simulationSettings({ strengths: { ...silent, site: 0.2 } })
    const gains = numbers.map((site) => Math.log(siteOptics(settings, well(), site).gain[0] ?? 0))
    expect(moments(gains).deviation).toBeCloseTo(0.2, 1)
    const still = simulationSettings({ strengths: silent })
    expect(siteOptics(still, well(), 1)).toEqual(siteOptics(still, well({ plate: 9 }), 2))
    expect([...siteOptics(still, well(), 1).gain]).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('moves wells at the edge more than those in the middle', () => {
    const settings = simulationSettings({ strengths: { ...silent, position: 0.1 } })
    const spread = (row: number, column: number) =>
      moments(
        numbers.map((n) =>
          Math.log(
            siteOptics(settings, well({ experiment: `RPE-${n}`, row, column }), 1).gain[1] ?? 0,
          ),
        ),
      ).deviation
    expect(spread(0, 0)).toBeCloseTo(0.1, 1)
    expect(spread(1, 1) / spread(0, 0)).toBeGreaterThan(1.3)
  })

  it('makes the share of outlying experiments that is asked for, all channels alike', () => {
    const settings = simulationSettings({ strengths: { ...silent, outliers: 0.08 } })
    const outlying = numbers.filter((n) => {
      const { gain } = siteOptics(settings, well({ experiment: `U2OS-${n}` }), 1)
      const [first = 1] = gain
      expect(gain.every((factor) => factor === first)).toBe(true)
      return first !== 1
    })
    expect(outlying.length / numbers.length).toBeGreaterThan(0.06)
    expect(outlying.length / numbers.length).toBeLessThan(0.1)
  })
})
