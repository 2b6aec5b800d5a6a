import { describe, expect, it } from 'vitest'
import { randomStream } from '../random.js'
import { nthSmallest } from './nth-smallest.js'

describe('nthSmallest', () => {
  it('is what sorting puts there, with the smaller before and the larger behind', () => {
    for (let number = 0; number < 500; number++) {
      const stream = randomStream(6, 'nth smallest', number)
      const count = 1 + stream.integer(60)
      const kinds = 1 + stream.integer(40)
      const values = Float32Array.from({ length: count }, () => stream.integer(kinds) - 7)
      const sorted = values.toSorted()
      const place = stream.integer(count)
      const found = nthSmallest(values, place)
      expect(found).toBe(sorted[place])
      expect(values.subarray(0, place).every((value) => value <= found)).toBe(true)
      expect(values.subarray(place).every((value) => value >= found)).toBe(true)
      expect(values.toSorted()).toEqual(sorted)
    }
  })
})
