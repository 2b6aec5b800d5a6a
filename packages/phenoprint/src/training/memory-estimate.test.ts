import { describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import { bytesOf, largestBatch, refuseTooLarge, stepMemory } from './memory-estimate.js'

const few = { samples: 2, bytes: 220e6 }
const more = { samples: 8, bytes: 820e6 }
const memory = stepMemory(few, more, 40e6, 200e6)

describe('memory of a step', () => {
  it('grows by what each sample adds; gradients and the optimiser are counted once', () => {
    expect(memory).toEqual({ fixedBytes: 300e6, bytesPerSample: 100e6 })
    expect(bytesOf(memory, 32)).toBe(3.5e9)
  })

  it('takes a single measurement as if all that is held grew', () => {
    expect(stepMemory(few, few, 40e6, 0)).toEqual({ fixedBytes: 80e6, bytesPerSample: 110e6 })
  })

  it('lets the batch through that just fits in 85 % of what is free, and no larger one', () => {
    const free = (300e6 + 16 * 100e6) / 0.85 + 1
    expect(largestBatch(memory, free)).toBe(16)
    expect(() => refuseTooLarge(memory, 16, free)).not.toThrow()
    expect(() => refuseTooLarge(memory, 17, free)).toThrow(/at most 16/)
  })

  it('says what it needs, what there is, and the largest batch', () => {
    const attempt = () => refuseTooLarge(memory, 64, 2e9)
    expect(attempt).toThrow(MachineError)
    expect(attempt).toThrow(
      /64 samples at once needs about 6.2 GiB, expected at most 1.6 GiB .*largest that fits is 14/,
    )
  })

  it('says so where not even two samples fit', () => {
    expect(() => refuseTooLarge(memory, 8, 0.5e9)).toThrow(/Not even two samples/)
    expect(largestBatch(memory, 0.1e9)).toBe(0)
  })
})
