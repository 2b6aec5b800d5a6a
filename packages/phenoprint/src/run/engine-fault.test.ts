import { TorchError } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import { engineFault } from './engine-fault.js'

const cure = 'Take fewer at once.'

describe('a fault of the engine', () => {
  it('is the machine with a cure where memory has run out', () => {
    const cause = new TorchError('aten::empty: not enough memory for 12 bytes.', { kind: 'memory' })
    const fault = engineFault(cause, cure)
    expect(fault).toBeInstanceOf(MachineError)
    expect(fault).toMatchObject({
      message: 'aten::empty: not enough memory for 12 bytes. Take fewer at once.',
      cause,
    })
  })

  it('is the same where an array finds no room', () => {
    let fault: unknown
    try {
      // The largest that the language allows, and more than any machine has.
      new ArrayBuffer(2 ** 53 - 1)
    } catch (error) {
      fault = engineFault(error, cure)
    }
    expect(fault).toBeInstanceOf(MachineError)
    expect(fault).toMatchObject({
      message: 'memory: not enough memory for an array. Take fewer at once.',
    })
  })

  it('is the machine without that cure where libtorch is missing', () => {
    const fault = engineFault(new TorchError('no libtorch', { kind: 'engine' }), cure)
    expect(fault).toBeInstanceOf(MachineError)
    expect(fault).toMatchObject({ message: 'no libtorch' })
  })

  it('is what it was in any other case', () => {
    for (const other of [new TorchError('shapes', { kind: 'operator' }), new Error('x'), 'text']) {
      expect(engineFault(other, cure)).toBe(other)
    }
  })
})
