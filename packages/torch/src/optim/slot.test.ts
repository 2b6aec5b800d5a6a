import { expect, it } from 'vitest'
import { memory, tidy, zeros } from '../index.js'
import { Slot } from './slot.js'

it('a count goes to the device where its kernel wants it, as after a checkpoint was read', () => {
  tidy(() => {
    const slot = new Slot(zeros([2]), 0)
    const live = memory.live().tensors
    expect(slot.counter('step', 'cpu').device).toBe('cpu')
    const moved = slot.counter('step', 'meta')
    expect(moved.device).toBe('meta')
    expect(slot.counter('step', 'meta')).toBe(moved)
    expect(memory.live().tensors).toBe(live + 1)
    slot.forget()
    expect(memory.live().tensors).toBe(live)
  })
})
