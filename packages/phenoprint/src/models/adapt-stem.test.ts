import { ones, tensor, tidy } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { adaptStem } from './adapt-stem.js'

/** `[1, 3, 1, 1]`: red, green, blue. */
const rgb = () => tensor([1, 10, 100], { shape: [1, 3, 1, 1] })

function adapted(channels: number): number[] {
  return tidy(() => adaptStem(rgb(), channels, 'scaled').toNumbers())
}

describe('adaptStem', () => {
  it('repeats the channels in turn, scaled by their count over the new one', () => {
    expect(adapted(6)).toEqual([0.5, 5, 50, 0.5, 5, 50])
    expect(adapted(4)).toEqual([0.75, 7.5, 75, 0.75])
    expect(adapted(2)).toEqual([1.5, 15])
  })

  it('repeats them as they are, where they are to be copied', () => {
    const copied = (channels: number) =>
      tidy(() => adaptStem(rgb(), channels, 'copied').toNumbers())
    expect(copied(6)).toEqual([1, 10, 100, 1, 10, 100])
    expect(copied(4)).toEqual([1, 10, 100, 1])
    expect(copied(1)).toEqual([1])
  })

  it('sums them for one channel', () => {
    expect(adapted(1)).toEqual([111])
  })

  it('leaves as many channels alone', () => {
    expect(adapted(3)).toEqual([1, 10, 100])
  })

  it('answers images whose channels look alike as before', () => {
    const response = (channels: number) =>
      tidy(() =>
        adaptStem(rgb(), channels, 'scaled')
          .mul(ones([1, channels, 1, 1]))
          .sum()
          .item(),
      )
    for (const channels of [1, 3, 6, 9]) expect(response(channels)).toBeCloseTo(111, 4)
  })

  it('keeps the spatial pattern', () => {
    const weight = tensor(
      Float32Array.from({ length: 2 * 3 * 3 * 3 }, (_, i) => i),
      {
        shape: [2, 3, 3, 3],
      },
    )
    const four = tidy(() => adaptStem(weight, 4, 'scaled'))
    expect(four.shape).toEqual([2, 4, 3, 3])
    const [first, last] = tidy(() => [four.select(1, 0).toNumbers(), four.select(1, 3).toNumbers()])
    expect(first).toEqual(last)
    expect(first?.slice(0, 9)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8].map((i) => i * 0.75))
  })
})
