import { expect, it } from 'vitest'
import { byteRange } from './range.js'

it.each([
  ['bytes=0-0', { start: 0, end: 1 }],
  ['bytes=2-4', { start: 2, end: 5 }],
  ['bytes=7-', { start: 7, end: 10 }],
  ['bytes=7-99', { start: 7, end: 10 }],
  ['bytes=-3', { start: 7, end: 10 }],
  ['bytes=-99', { start: 0, end: 10 }],
])('%s of ten bytes', (header, range) => {
  expect(byteRange(header, 10)).toEqual(range)
})

it.each([
  undefined,
  '',
  'bytes=',
  'bytes=-',
  'bytes=4-2',
  'bytes=0-1,3-4',
  'lines=0-1',
  'bytes=a-b',
])('%s is the whole', (header) => {
  expect(byteRange(header, 10)).toBeNull()
})

it.each(['bytes=10-', 'bytes=10-11', 'bytes=-0'])('%s of ten bytes is refused', (header) => {
  expect(() => byteRange(header, 10)).toThrow(expect.objectContaining({ status: 416 }))
})
