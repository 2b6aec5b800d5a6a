import { expect, it } from 'vitest'
import { Pace } from './pace.js'

it('foretells an epoch and the end after 20 steps, without the first', () => {
  const pace = new Pace(50, 520)
  expect(pace.step(30)).toBeNull()
  for (let step = 2; step < 20; step++) expect(pace.step(0.5)).toBeNull()
  expect(pace.step(0.5)).toEqual({ stepsPerSecond: 2, secondsPerEpoch: 25, secondsLeft: 250 })
  expect(pace.step(0.5)).toBeNull()
})
