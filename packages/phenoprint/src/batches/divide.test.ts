import { expect, it } from 'vitest'
import { divide, divideCount } from './divide.js'

it.each([
  { count: 10, size: 4, sizes: [4, 4, 2] },
  { count: 9, size: 4, sizes: [4, 5] },
  { count: 8, size: 4, sizes: [4, 4] },
  { count: 3, size: 4, sizes: [3] },
  { count: 1, size: 4, sizes: [1] },
  { count: 5, size: 1, sizes: [1, 1, 1, 1, 1] },
  { count: 0, size: 4, sizes: [] },
])('$count samples by $size are batches of $sizes', ({ count, size, sizes }) => {
  expect(divideCount(count, size).map(([from, to]) => to - from)).toEqual(sizes)
})

it('keeps every sample once, in order', () => {
  const samples = Array.from({ length: 101 }, (_, index) => index)
  expect(divide(samples, 10).flat()).toEqual(samples)
})
