import { describe, expect, it } from 'vitest'
import { philox, randomStream } from './random.js'

describe('philox', () => {
  // Known answers of the reference implementation (Random123, kat_vectors, philox4x32 10).
  it('gives the published words', () => {
    expect(philox([0, 0, 0, 0], [0, 0])).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8])
    const ones = 0xffffffff
    expect(philox([ones, ones, ones, ones], [ones, ones])).toEqual([
      0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd,
    ])
    expect(
      philox([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0]),
    ).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1])
  })
})

describe('randomStream', () => {
  it('depends on its key alone', () => {
    const first = randomStream(7, 'tile', 3, 5)
    randomStream(7, 'order', 3, 5).permutation(100)
    const again = randomStream(7, 'tile', 3, 5)
    expect([first.uniform(), first.normal()]).toEqual([again.uniform(), again.normal()])
    expect(randomStream(7, 'tile', 3, 6).word()).not.toBe(randomStream(7, 'tile', 3, 5).word())
    expect(randomStream(8, 'tile', 3, 5).word()).not.toBe(randomStream(7, 'tile', 3, 5).word())
    expect(randomStream(7, 'order', 3, 5).word()).not.toBe(randomStream(7, 'tile', 3, 5).word())
  })

  it('draws integers and normals of the right distribution', () => {
    const stream = randomStream(1, 'test')
    const counts = new Array<number>(7).fill(0)
    const uniform = randomStream(2, 'test')
    for (let i = 0; i < 70_000; i++) {
      const value = uniform.integer(7)
      counts[value] = (counts[value] ?? 0) + 1
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(22.5) // 99.9 % point of 6 degrees of freedom
    let sum = 0
    let squares = 0
    for (let i = 0; i < 50_000; i++) {
      const value = stream.normal()
      sum += value
      squares += value * value
    }
    expect(Math.abs(sum / 50_000)).toBeLessThan(0.02)
    expect(Math.abs(squares / 50_000 - 1)).toBeLessThan(0.03)
  })

  it('permutes every index once', () => {
    const order = randomStream(3, 'order').permutation(1000)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect([...order].slice(0, 10)).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })
})
