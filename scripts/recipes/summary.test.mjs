import { expect, it } from 'vitest'
import { judge } from './summary.mjs'

const steps = (/** @type {(step: number) => number} */ of) =>
  Array.from({ length: 100 }, (_, i) => of(i))
const healthy = {
  losses: steps((i) => 7 - i / 100),
  resident: steps(() => 1e9),
  tensors: steps(() => 900),
  seconds: 10,
}

it('finds nothing wrong with a loss that falls in memory that stays', () => {
  expect(judge(healthy, 100)).toMatchObject({ steps: 100, growth: 0, tensors: [900], faults: [] })
})

it('finds losses that rise or are not finite, memory that grows, tensors that are left, steps that lack', () => {
  const faultsOf = (/** @type {Partial<typeof healthy>} */ change) =>
    judge({ ...healthy, ...change }, 100).faults
  expect(faultsOf({ losses: steps((i) => 6 + i / 100) })).toEqual(['the loss does not fall'])
  expect(faultsOf({ losses: steps((i) => (i === 50 ? Number.NaN : 7 - i / 100)) })).toEqual([
    'a loss is not finite',
  ])
  expect(faultsOf({ resident: steps((i) => 1e9 + i * 1e6) })).toEqual(['resident memory grows'])
  expect(faultsOf({ tensors: steps((i) => 900 + i) })).toEqual(['the count of tensors changes'])
  expect(judge(healthy, 200).faults).toEqual(['only 100 of 200 steps'])
})
