import { expect, it } from 'vitest'
import { ImageBuffers } from './image-buffers.js'

it('gives memory out again that was given back, of the size that is asked for', () => {
  const buffers = new ImageBuffers(2)
  const first = buffers.take(Float32Array, 6)
  expect(first).toHaveLength(6)
  expect(buffers.take(Float32Array, 6)).not.toBe(first)
  buffers.give(first)
  expect(buffers.take(Float32Array, 4)).toHaveLength(4)
  expect(buffers.take(Float32Array, 6)).toBe(first)
  expect(buffers.take(Float32Array, 6)).not.toBe(first)
})

it('keeps no more than it may, the latest, and nothing once cleared', () => {
  const buffers = new ImageBuffers(2)
  const arrays = [1, 2, 3].map((length) => buffers.take(Float32Array, length))
  for (const array of arrays) buffers.give(array)
  expect(buffers.take(Float32Array, 1)).not.toBe(arrays[0])
  expect(buffers.take(Float32Array, 3)).toBe(arrays[2])
  buffers.clear()
  expect(buffers.take(Float32Array, 2)).not.toBe(arrays[1])
})
