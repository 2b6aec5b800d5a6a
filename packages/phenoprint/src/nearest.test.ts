import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from './nearest.js'

describe('editDistance', () => {
  it.each([
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['plate', 'plaet', 1],
    ['well', 'well', 0],
    ['ab', 'ba', 1],
    ['ca', 'abc', 3],
  ])('from %j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
    expect(editDistance(b, a)).toBe(distance)
  })
})

describe('nearest', () => {
  it('forgives case, dashes and underscores', () => {
    expect(nearest('Fine_Tune', ['infer', 'fine-tune'])).toBe('fine-tune')
  })

  it('is null when too much would have to change', () => {
    expect(nearest('banana', ['train', 'infer'])).toBeNull()
  })

  it('takes the first of equals', () => {
    expect(nearest('run', ['sun', 'fun'])).toBe('sun')
  })

  it('compares the spelling and returns the candidate', () => {
    const last = (path: string) => path.split('.').at(-1) ?? path
    expect(nearest('patiance', ['training.earlyStopping.patience'], last)).toBe(
      'training.earlyStopping.patience',
    )
  })
})
