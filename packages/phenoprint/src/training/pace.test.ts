import { expect, it } from 'vitest'
import { duration, Pace } from './pace.js'

it('foretells an epoch and the end after 20 steps, without the first', () => {
  const pace = new Pace(50, 520)
  expect(pace.step(30)).toBeNull()
  for (let step = 2; step < 20; step++) expect(pace.step(0.5)).toBeNull()
  expect(pace.step(0.5)).toEqual({ stepsPerSecond: 2, secondsPerEpoch: 25, secondsLeft: 250 })
  expect(pace.step(0.5)).toBeNull()
})

it.each([
  [0.82, '0.8 s'],
  [9.94, '9.9 s'],
  [9.96, '10 s'],
  [59.4, '59 s'],
  [59.6, '1 min 0 s'],
  [310, '5 min 10 s'],
  [3599.7, '1 h 00 min'],
  [7500, '2 h 05 min'],
])('%f seconds are %s', (seconds, words) => {
  expect(duration(seconds)).toBe(words)
})
