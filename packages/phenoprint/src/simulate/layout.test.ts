import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.js'
import { checkLayout } from './check-layout.js'
import { type SimulatedWell, simulatedWells } from './layout.js'
import { simulationSettings } from './settings.test.support.js'

const groupBy = <K>(wells: readonly SimulatedWell[], key: (well: SimulatedWell) => K) => {
  const groups = new Map<K, SimulatedWell[]>()
  for (const well of wells) groups.set(key(well), [...(groups.get(key(well)) ?? []), well])
  return groups
}
const isTreated = (well: SimulatedWell) => well.role === 'treatment'

describe('the layout of the real screen', () => {
  const wells = simulatedWells(simulationSettings())
  const plates = groupBy(wells, (well) => `${well.experiment}/${well.plate}`)

  it('has its experiments, plates and wells', () => {
    expect(new Set(wells.map((well) => well.experiment)).size).toBe(51)
    expect(plates.size).toBe(204)
    expect(wells).toHaveLength(204 * 308)
    for (const [, plate] of plates) {
      expect(new Set(plate.map((well) => well.well)).size).toBe(308)
      expect(plate.filter(isTreated)).toHaveLength(277)
      expect(plate[0]).toMatchObject({ well: 'B02', role: 'negativeControl', label: 1138 })
      const positive = plate.filter((well) => well.role === 'positiveControl')
      expect(new Set(positive.map((well) => well.label)).size).toBe(30)
      expect(Math.min(...positive.map((well) => well.label))).toBe(1108)
    }
  })

  it('gives every experiment every treatment once, in one of four groups a plate', () => {
    const groups = new Set<string>()
    for (const [, experiment] of groupBy(wells.filter(isTreated), (well) => well.experiment)) {
      expect(new Set(experiment.map((well) => well.label)).size).toBe(1108)
      expect(experiment).toHaveLength(1108)
    }
    for (const [, plate] of plates) {
      const labels = plate.filter(isTreated).map((well) => well.label)
      groups.add(labels.sort((a, b) => a - b).join())
    }
    expect(groups.size).toBe(4)
  })

  it('rotates the groups of some experiments, and only rotates', () => {
    const orders = [...groupBy(wells, (well) => well.experiment).values()].map((experiment) =>
      [1, 2, 3, 4].map((plate) =>
        Math.min(
          ...experiment
            .filter((well) => well.plate === plate && isTreated(well))
            .map((w) => w.label),
        ),
      ),
    )
    const [usual = []] = orders
    const rotations = [0, 1, 2, 3].map((by) =>
      [0, 1, 2, 3].map((plate) => usual[(plate + by) % 4]).join(),
    )
    for (const order of orders) expect(rotations).toContain(order.join())
    expect(new Set(orders.map((order) => order.join())).size).toBeGreaterThan(1)
  })

  it('puts a treatment in another well in another experiment', () => {
    const of = groupBy(
      wells.filter((well) => well.label === 7),
      (well) => well.well,
    )
    expect(of.size).toBeGreaterThan(35)
  })
})

describe('any layout', () => {
  it('holds a plate as it is, whatever else the screen holds', () => {
    const layout = {
      rows: 3,
      columns: 5,
      plates: 2,
      groups: 2,
      classes: 16,
      controls: { negative: 2, positive: 3 },
    }
    const large = simulatedWells(
      simulationSettings({
        layout,
        cellTypes: { A: { train: 1, test: 0 }, B: { train: 3, test: 2 } },
      }),
    )
    const small = simulatedWells(
      simulationSettings({ layout, cellTypes: { B: { train: 2, test: 0 } } }),
    )
    const plate = (wells: SimulatedWell[]) => wells.filter((well) => well.experiment === 'B-02')
    expect(plate(small)).toEqual(plate(large))
    expect(plate(small)).toHaveLength(2 * 13)
    expect(large.filter((well) => well.part === 'test').map((well) => well.experiment)).toContain(
      'B-04',
    )
  })

  it('is refused when it cannot be laid out', () => {
    const refuses = (layout: Record<string, unknown>, pattern: RegExp) => {
      const settings = simulationSettings({ layout })
      expect(() => checkLayout(settings)).toThrow(pattern)
      expect(() => checkLayout(settings)).toThrow(ConfigError)
    }
    refuses({ classes: 10, groups: 4 }, /classes: got 10, .*Take 8 or 12/)
    refuses({ plates: 6, groups: 4, classes: 8 }, /plates: got 6, .*Take 8/)
    refuses({ rows: 2, columns: 2, classes: 4, groups: 1 }, /only 4 wells; expected at least 35/)
    expect(() =>
      checkLayout(simulationSettings({ cellTypes: { A: { train: 0, test: 2 } } })),
    ).toThrow(/no experiment to train on/)
  })
})
