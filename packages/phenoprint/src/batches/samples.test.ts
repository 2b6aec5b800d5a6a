import { describe, expect, it } from 'vitest'
import { symmetries } from '../config/batches.js'
import { epochSamples, predictionSamples } from './samples.js'

const sites = Array.from({ length: 1000 }, (_, i) => 3 * i)
const order = { seed: 5, epoch: 1, sites, tilesPerSite: 4, symmetries, augmentation: null }

describe('epochSamples', () => {
  it('draws one tile from each site, once', () => {
    const samples = epochSamples(order)
    const drawn = samples.map(({ site }) => site)
    expect([...drawn].sort((a, b) => a - b)).toEqual(sites)
    expect(drawn).not.toEqual(sites)
    expect(samples.every(({ tile }) => Number.isInteger(tile) && tile >= 0 && tile < 4)).toBe(true)
  })

  it('draws tiles, symmetries, their pairs and places uniformly', () => {
    const counts = {
      tile: new Array<number>(4).fill(0),
      symmetry: new Array<number>(8).fill(0),
      pair: new Array<number>(32).fill(0),
      place: new Array<number>(10).fill(0),
    }
    const add = (list: number[], index: number) => {
      list[index] = (list[index] ?? 0) + 1
    }
    for (let epoch = 1; epoch <= 100; epoch++) {
      epochSamples({ ...order, epoch }).forEach(({ site, tile, symmetry }, place) => {
        const turn = symmetries.indexOf(symmetry)
        add(counts.tile, tile)
        add(counts.symmetry, turn)
        add(counts.pair, 8 * tile + turn)
        if (site === 300) add(counts.place, Math.floor(place / 100))
      })
    }
    const chiSquare = (list: readonly number[]) => {
      const expected = list.reduce((sum, count) => sum + count, 0) / list.length
      return list.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
    }
    // 99.9 % points of 3, 7, 31 and 9 degrees of freedom; 100,000 draws (100 of the place).
    expect(counts.tile.reduce((sum, count) => sum + count, 0)).toBe(100_000)
    expect(chiSquare(counts.tile)).toBeLessThan(16.27)
    expect(chiSquare(counts.symmetry)).toBeLessThan(24.32)
    expect(chiSquare(counts.pair)).toBeLessThan(61.1)
    expect(chiSquare(counts.place)).toBeLessThan(27.88)
  })

  it('is a function of its arguments: the same from any resume point, another in another epoch', () => {
    const whole = epochSamples({ ...order, epoch: 7 })
    epochSamples({ ...order, epoch: 8 })
    const again = epochSamples({ ...order, epoch: 7 })
    for (const step of [0, 1, 333, 999]) expect(again.slice(step)).toEqual(whole.slice(step))
    expect(epochSamples({ ...order, epoch: 8 })).not.toEqual(whole)
    expect(epochSamples({ ...order, epoch: 7, seed: 6 })).not.toEqual(whole)
  })

  it('gives a site the same view whichever other sites there are', () => {
    const view = (of: readonly number[]) =>
      epochSamples({ ...order, sites: of }).find(({ site }) => site === 300)
    expect(view([300, 6, 9])).toEqual(view(sites))
  })

  it('draws from the symmetries that are given', () => {
    const samples = epochSamples({ ...order, symmetries: ['flipX'], tilesPerSite: 1 })
    expect(samples.every(({ tile, symmetry }) => tile === 0 && symmetry === 'flipX')).toBe(true)
  })
})

describe('predictionSamples', () => {
  it('gives every view of each site, in order', () => {
    expect(
      predictionSamples({ sites: [5, 2], tilesPerSite: 2, symmetries: ['identity', 'rot90'] }),
    ).toEqual([
      { site: 5, tile: 0, symmetry: 'identity' },
      { site: 5, tile: 0, symmetry: 'rot90' },
      { site: 5, tile: 1, symmetry: 'identity' },
      { site: 5, tile: 1, symmetry: 'rot90' },
      { site: 2, tile: 0, symmetry: 'identity' },
      { site: 2, tile: 0, symmetry: 'rot90' },
      { site: 2, tile: 1, symmetry: 'identity' },
      { site: 2, tile: 1, symmetry: 'rot90' },
    ])
  })
})
