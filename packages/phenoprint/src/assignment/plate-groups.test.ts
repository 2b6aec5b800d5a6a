import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.js'
import { groupOfPlate, learnPlateGroups, namedPlateGroups } from '../screen/plate-groups.js'
import { readScreen } from '../screen/read-screen.js'
import { dataFolder, screenSection } from '../screen/tables.test.support.js'
import { contentsOf, simulationOf, treatedWells } from './generated-predictions.test.support.js'
import { groupOrders, learnPlateOrder, rotationOf } from './plate-orders.js'
import { platesOfScreen } from './training-plates.js'

const plate = (...classes: number[]) => ({ experiment: 'e', plate: 'p', classes })

describe('groups of classes', () => {
  it('are the finest that put each plate into one', () => {
    const groups = learnPlateGroups([plate(6, 2), plate(1, 5), plate(5, 3), plate(2)], 8)
    expect(groups.classes).toEqual([
      [1, 3, 5],
      [2, 6],
    ])
    expect(groups.names).toEqual(['A', 'B'])
    expect([...groups.groupOf]).toEqual([-1, 0, 1, 0, -1, 0, 1, -1])
    expect(groupOfPlate(groups, plate(5, 1))).toBe(0)
    expect(groupOfPlate(groups, plate(5, 2))).toBeNull()
    expect(groupOfPlate(groups, plate(0))).toBeNull()
    expect(groupOfPlate(groups, plate())).toBeNull()
  })

  it('are one where plates mix everything, and none without plates', () => {
    expect(learnPlateGroups([plate(0, 1), plate(1, 2)], 3).classes).toEqual([[0, 1, 2]])
    expect(learnPlateGroups([], 3).classes).toEqual([])
  })

  it('can be written down', () => {
    const groups = namedPlateGroups({ right: [3, 4], left: [2, 0] }, 5)
    expect(groups.names).toEqual(['left', 'right'])
    expect([...groups.groupOf]).toEqual([0, -1, 0, 1, 1])
    expect(() => namedPlateGroups({ a: [1, 2], b: [2] }, 5)).toThrow(ConfigError)
    expect(() => namedPlateGroups({ a: [1], b: [2, 1] }, 5)).toThrow('class 1, which is in a too')
    expect(() => namedPlateGroups({ a: [5] }, 5)).toThrow('classes 0 to 4')
  })

  it('of a synthetic screen are those it was made with, four of 277', () => {
    const train = contentsOf(treatedWells(simulationOf(), 'train'))
    const groups = learnPlateGroups(train, 1108)
    expect(groups.classes.map(({ length }) => length)).toEqual([277, 277, 277, 277])
    for (const one of train) expect(groupOfPlate(groups, one)).not.toBeNull()
  })
})

const rxrx1 = join(dataFolder, 'rxrx1')
const there = existsSync(join(rxrx1, 'train.csv'))

describe.skipIf(!there)(
  there
    ? 'RxRx1'
    : `RxRx1 (skipped: no ${join(rxrx1, 'train.csv')}; name its parent with PHENOPRINT_DATA)`,
  () => {
    it('has four groups of 277, every training plate is of one, and all orders are rotations', async () => {
      const screen = await readScreen(screenSection({ reader: 'rxrx1', folder: rxrx1 }))
      const { plates, placeOf } = platesOfScreen(screen, new Set())
      const groups = learnPlateGroups(plates, screen.classes)
      expect(plates).toHaveLength(132)
      expect(groups.classes.map(({ length }) => length)).toEqual([277, 277, 277, 277])
      expect(groups.classes.map(([lowest]) => lowest)).toEqual([0, 1, 2, 4])
      const known = groupOrders(plates, placeOf, (one) => groupOfPlate(groups, one) ?? -1)
      expect(known.size).toBe(33)
      for (const order of known.values()) expect([...order].sort()).toEqual([0, 1, 2, 3])
      const order = learnPlateOrder(known)
      // B, C, D, A over plates 1 to 4.
      expect(order).toEqual({ base: [1, 2, 3, 0], count: 22, others: [] })
      const turned = [...known].filter(([, groupsOf]) => rotationOf(groupsOf, [1, 2, 3, 0]) !== 0)
      expect(turned.map(([name, groupsOf]) => [name, groupsOf.join('')])).toEqual([
        ['HEPG2-05', '3012'],
        ['HUVEC-07', '3012'],
        ['HUVEC-09', '2301'],
        ['HUVEC-10', '2301'],
        ['HUVEC-11', '3012'],
        ['HUVEC-13', '3012'],
        ['HUVEC-14', '3012'],
        ['HUVEC-15', '2301'],
        ['RPE-03', '2301'],
        ['RPE-06', '3012'],
        ['U2OS-01', '3012'],
      ])
    })
  },
)
