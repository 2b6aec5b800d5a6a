import { expect, it } from 'vitest'
import { bytesInWords, count, duration, sentence } from './words.js'

it.each([
  [0, '0 s'],
  [0.82, '0.8 s'],
  [3, '3 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 00 s'],
  [125.4, '2 min 05 s'],
  [310, '5 min 10 s'],
  [3599.7, '1 h 00 min'],
  [3720, '1 h 02 min'],
  [7500, '2 h 05 min'],
])('%f seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words)
})

it.each([
  [0, '0 bytes'],
  [1023, '1023 bytes'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [25_233_000_000, '23.5 GiB'],
  [5 * 1024 ** 5, '5120.0 TiB'],
])('%i bytes are %s', (bytes, words) => {
  expect(bytesInWords(bytes)).toBe(words)
})

it('counts one thing and many', () => {
  expect([count(1, 'plate'), count(0, 'plate'), count(1204, 'plate')]).toEqual([
    '1 plate',
    '0 plates',
    '1,204 plates',
  ])
})

it('ends a sentence once', () => {
  expect(['it broke', 'it broke.', 'it broke..'].map(sentence)).toEqual(Array(3).fill('it broke.'))
})
