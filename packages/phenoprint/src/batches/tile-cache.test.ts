import { expect, it } from 'vitest'
import { TileCache } from './tile-cache.js'

const tile = (bytes: number) => ({
  pixels: new Uint8Array(bytes),
  channels: 1,
  height: 1,
  width: bytes,
  filledHeight: 1,
  filledWidth: bytes,
})

it('keeps up to its limit, and lets go what was not asked for longest', () => {
  const cache = new TileCache(100)
  for (const key of [1, 2, 3]) cache.set(key, tile(30))
  expect(cache.bytes).toBe(90)
  expect(cache.get(1)).not.toBeNull()
  cache.set(4, tile(40))
  expect([1, 2, 3, 4].map((key) => cache.get(key) !== null)).toEqual([true, false, true, true])
  expect(cache.bytes).toBe(100)
  cache.set(5, tile(101))
  expect(cache.get(5)).toBeNull()
  cache.set(4, tile(40))
  expect(cache.bytes).toBe(100)
  cache.clear()
  expect([cache.bytes, cache.get(1)]).toEqual([0, null])
})

it('keeps nothing when its limit is 0', () => {
  const cache = new TileCache(0)
  cache.set(1, tile(1))
  expect(cache.get(1)).toBeNull()
})
