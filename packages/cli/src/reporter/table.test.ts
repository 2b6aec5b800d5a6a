import { describe, expect, it } from 'vitest'
import { number, rate } from './format.js'
import { Meter } from './meter.js'
import { figureTable } from './table.js'

describe('figureTable', () => {
  it('lines figures up, and gives rows with the same columns one table', () => {
    const metrics = (accuracy: number, count: number) => ({ accuracy, count })
    const figures = {
      epochs: 40,
      best: [3, 7],
      test: {
        overall: metrics(0.80208, 1768),
        members: [{ run: 'x' }],
        byCellType: { HUVEC: metrics(0.5, 12), U2OS: metrics(Number.NaN, 0) },
      },
      runs: [{ name: 'a' }, { name: 'b' }],
    }
    expect(figureTable(figures)).toBe(
      [
        'epochs  40',
        'best    3, 7',
        '',
        '                       accuracy  count',
        'test overall             0.8021  1,768',
        'test byCellType HUVEC    0.5000     12',
        'test byCellType U2OS          -      0',
        '',
        '                run',
        'test members 1  x',
        '',
        '        name',
        'runs 1  a',
        'runs 2  b',
        '',
      ].join('\n'),
    )
  })

  it('is empty without figures', () => {
    expect(figureTable({})).toBe('')
  })
})

describe('numbers for people', () => {
  it.each([
    [3, '3'],
    [1234567, '1,234,567'],
    [0.123456, '0.1235'],
    [0.00001234, '1.234e-5'],
    [Number.NaN, 'NaN'],
  ])('%d is %s', (value, text) => {
    expect(number(value)).toBe(text)
  })

  it.each([
    [1234.5, '1,235'],
    [12.345, '12.3'],
    [0.012345, '0.0123'],
  ])('a rate of %d is %s', (perSecond, text) => {
    expect(rate(perSecond)).toBe(text)
  })
})

describe('Meter', () => {
  it('takes its rate from the last half minute, not from what was skipped at once', () => {
    let now = 0
    const meter = new Meter(10_000, () => now)
    now = 1
    meter.advance(5000)
    for (let second = 0; second < 60; second++) {
      now += 1000
      meter.advance(10)
    }
    expect(meter.perSecond).toBeCloseTo(10, 5)
    expect(meter.secondsLeft).toBeCloseTo(440, 3)
  })

  it('cannot tell before anything is done', () => {
    const meter = new Meter(10, () => 0)
    expect(meter.secondsLeft).toBeNull()
    expect(meter.perSecond).toBe(0)
  })
})
