import { describe, expect, it } from 'vitest'
import { learnPlateOrder, platePlaces, rotated, rotationOf } from './plate-orders.js'

describe('places of plates', () => {
  it('are by number, and leave a gap where a plate is missing', () => {
    const placeOf = platePlaces(
      new Map([
        ['a', ['10', '2', '1']],
        ['b', ['1', '10']],
      ]),
    )
    expect(['1', '2', '10'].map((plate) => placeOf('a', plate))).toEqual([0, 1, 2])
    expect(['1', '10'].map((plate) => placeOf('b', plate))).toEqual([0, 2])
  })

  it('are by rank where every experiment names its own', () => {
    const placeOf = platePlaces(
      new Map([
        ['a', ['P3', 'P1']],
        ['b', ['P9', 'P10']],
      ]),
    )
    expect([placeOf('a', 'P1'), placeOf('a', 'P3')]).toEqual([0, 1])
    expect([placeOf('b', 'P9'), placeOf('b', 'P10')]).toEqual([0, 1])
  })
})

describe('orders of groups', () => {
  it('are rotations where one turns into the other', () => {
    expect(rotated([0, 1, 2, 3], 3)).toEqual([3, 0, 1, 2])
    expect(rotationOf([3, 0, 1, 2], [0, 1, 2, 3])).toBe(3)
    expect(rotationOf([-1, 0, -1, 2], [0, 1, 2, 3])).toBe(3)
    expect(rotationOf([1, 0, 2, 3], [0, 1, 2, 3])).toBeNull()
    expect(rotationOf([1, 0, 1, 0], [0, 1, 0, 1])).toBe(1)
  })

  it('have a commonest one, and others that are no rotation of it', () => {
    const known = new Map([
      ['a', [0, 1, 2]],
      ['b', [1, 2, 0]],
      ['c', [1, 2, 0]],
      ['d', [-1, 0, 1]],
      ['e', [2, 1, 0]],
      ['f', [-1, 1, 0]],
    ])
    expect(learnPlateOrder(known)).toEqual({ base: [1, 2, 0], count: 2, others: ['e', 'f'] })
    expect(learnPlateOrder(new Map([['a', [-1, 0]]]))).toBeNull()
    expect(learnPlateOrder(new Map())).toBeNull()
  })
})
