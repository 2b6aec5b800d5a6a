import { describe, expect, it } from 'vitest'
import { chooseBatch, chooseTile } from './choose-sizes.js'
import { largestFittingBatch } from './measure-batch.js'

describe('the tile', () => {
  it.each([
    [64, 64, 64],
    [320, 320, 320],
    [512, 512, 256],
    [1024, 1024, 256],
    [2160, 2160, 224],
    [1040, 1388, 288],
    [400, 200, 192],
  ])('of images of %ix%i is %i', (height, width, side) => {
    const [tall, wide] = chooseTile({ height, width })
    expect([tall, wide]).toEqual([side, side])
  })

  it('wastes no more than any other of its choices', () => {
    const waste = (size: number, side: number) => Math.ceil(size / side) * side - size
    for (let size = 321; size < 3000; size += 37) {
      const [side] = chooseTile({ height: size, width: size })
      const least = Math.min(...[192, 224, 256, 288, 320].map((each) => waste(size, each)))
      expect(waste(size, side), `${size}`).toBe(least)
    }
  })
})

describe('the batch', () => {
  it.each([
    [1000, 100_000, 64],
    [50, 100_000, 32],
    [1000, 400, 16],
    [1000, 30, 4],
    [3, 100_000, 4],
    [0, 0, 4],
  ])('where %i fit and there are %i samples is %i', (fits, samples, batch) => {
    expect(chooseBatch(fits, samples)).toBe(batch)
  })

  it('that fits is smaller for larger tiles and more channels', () => {
    const fits = (channels: number, side: number) =>
      largestFittingBatch({ channels, classes: 10 }, [side, side])
    const small = fits(1, 64)
    expect(small).toBeGreaterThan(8)
    // Four times the pixels: about a quarter as many.
    expect(small / fits(1, 128)).toBeGreaterThan(3)
    expect(small / fits(1, 128)).toBeLessThan(5.5)
  })
})
