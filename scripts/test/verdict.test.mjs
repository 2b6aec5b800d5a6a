import { expect, it } from 'vitest'
import { verdict } from './verdict.mjs'

it('a run that passed ends with its counts', () => {
  expect(verdict({ passed: 3, failed: 0, skipped: [] }, true)).toEqual({
    lines: ['3 passed, 0 failed'],
    exitCode: 0,
  })
})

it('skips with leave are counted by reason', () => {
  const skipped = [
    { name: 'a', reason: 'no GPU on this machine' },
    { name: 'b', reason: 'no data folder' },
    { name: 'c', reason: 'no GPU on this machine' },
    {
      name: 'x.test.js > real plates (needs the data folder) > are read (all of them)',
      reason: '',
    },
  ]
  expect(verdict({ passed: 1, failed: 0, skipped }, true)).toEqual({
    lines: [
      'skipped 2: no GPU on this machine',
      'skipped 1: no data folder',
      'skipped 1: needs the data folder',
      '1 passed, 0 failed, 4 skipped',
    ],
    exitCode: 0,
  })
})

it('a skip without leave fails the run', () => {
  const skipped = [{ name: 'x.test.js > y', reason: '' }]
  expect(verdict({ passed: 1, failed: 0, skipped }, true)).toEqual({
    lines: [
      'skipped without leave: x.test.js > y (no reason given)',
      '1 passed, 1 failed, 1 skipped',
    ],
    exitCode: 1,
  })
})

it('what a filter leaves out needs no leave', () => {
  const skipped = [{ name: 'x', reason: '' }]
  expect(verdict({ passed: 1, failed: 0, skipped }, false)).toEqual({
    lines: ['1 passed, 0 failed, 1 skipped'],
    exitCode: 0,
  })
})

it.each([
  [{ passed: 5, failed: 1, skipped: [] }, '5 passed, 1 failed'],
  [{ passed: 0, failed: 0, skipped: [] }, '0 passed, 0 failed'],
  [undefined, '0 passed, 1 failed'],
])('a run that failed, ran nothing, or left no result ends with an error: %o', (summary, last) => {
  const { lines, exitCode } = verdict(summary, true)
  expect(lines.at(-1)).toBe(last)
  expect(exitCode).toBe(1)
})
