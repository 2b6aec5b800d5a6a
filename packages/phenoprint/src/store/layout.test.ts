import { describe, expect, it } from 'vitest'
import { plateFiles, plateGrid, wellPlaces } from './layout.js'

const paths = (wells: readonly string[]) =>
  wellPlaces(wells).map(({ row, column }) => `${row}/${column}`)
const grid = (wells: readonly string[]) => plateGrid(wells, wellPlaces(wells))

describe('wellPlaces', () => {
  it('splits letter and number, and puts other names in row W', () => {
    expect(paths(['B02', 'P24', 'AF48', 'h7'])).toEqual(['B/02', 'P/24', 'AF/48', 'h/7'])
    expect(paths(['365', 'lower left', 'A01-2', '?'])).toEqual([
      'W/365',
      'W/lowerleft',
      'W/A012',
      'W/0',
    ])
  })

  it('gives no two wells one place, not even where case does not count', () => {
    expect(paths(['W5', '5', '5 ', 'w5'])).toEqual(['W/5', 'W/5x2', 'W/5x3', 'w/5x4'])
  })
})

describe('plateGrid', () => {
  it('names all rows and columns of the smallest plate that is sold', () => {
    expect(grid(['B02', 'O23']).rows.join('')).toBe('ABCDEFGHIJKLMNOP')
    expect(grid(['B02', 'O23']).columns).toEqual(
      Array.from({ length: 24 }, (_, i) => String(i + 1).padStart(2, '0')),
    )
    expect(grid(['A1', 'H12']).columns.slice(-4)).toEqual(['9', '10', '11', '12'])
    expect(grid(['AF48']).rows.slice(24, 28)).toEqual(['Y', 'Z', 'AA', 'AB'])
    expect(grid(['AF48']).rows).toHaveLength(32)
  })

  it('names only what occurs where names follow no grid', () => {
    expect(grid(['5', '12'])).toEqual({ rows: ['W'], columns: ['5', '12'] })
    expect(grid(['B2', 'B03'])).toEqual({ rows: ['B'], columns: ['2', '03'] })
    expect(grid(['B00'])).toEqual({ rows: ['B'], columns: ['00'] })
    expect(grid(['ZZ99'])).toEqual({ rows: ['ZZ'], columns: ['99'] })
  })
})

describe('plateFiles', () => {
  it('gives safe names, all different', () => {
    const plate = (experiment: string, name: string) => ({ experiment, plate: name })
    expect(
      plateFiles([
        plate('HEPG2-01', '1'),
        plate('a/b', '../x'),
        plate('a_b', '.._x'),
        plate('..', ''),
      ]),
    ).toEqual(['HEPG2-01__1.ozx', 'a_b____x.ozx', 'a_b____x~2.ozx', '___.ozx'])
  })
})
