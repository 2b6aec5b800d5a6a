import { describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import { requireDevice } from './require-device.js'

describe('requireDevice', () => {
  it('takes the processor, and refuses a card that is not there, naming those that are', () => {
    requireDevice('cpu')
    expect(() => requireDevice('cuda:99')).toThrow(MachineError)
    expect(() => requireDevice('cuda:99')).toThrow(
      /^device: got cuda:99, expected one that libtorch \S+ sees on this machine: cpu[^.]*\. Set device/,
    )
  })
})
