import { PixelError } from '@phenoprint/pixels'
import { describe, expect, it } from 'vitest'
import { MachineError } from '../errors.js'
import { memoryFault } from './memory-fault.js'

const withCode = (code: string) => Object.assign(new Error('spawn'), { code })

describe('a fault of memory', () => {
  it.each([
    [new PixelError('not enough memory for zstd: why', 'memory'), 'not enough memory for zstd'],
    [new RangeError('Array buffer allocation failed'), 'not enough memory for an array'],
    [withCode('ENOMEM'), 'not enough memory: spawn'],
    [withCode('ERR_WORKER_OUT_OF_MEMORY'), 'not enough memory for the JavaScript of a thread'],
  ])('is told as the machine with what to do: %s', (error, what) => {
    const fault = memoryFault(error)
    expect(fault).toBeInstanceOf(MachineError)
    expect(fault).toMatchObject({ cause: error, exitCode: 4 })
    expect(String(fault)).toContain(`memory: ${what}`)
    expect(String(fault)).toContain('Free some memory')
  })

  it('ends with another cure where there is one', () => {
    const error = new RangeError('Array buffer allocation failed')
    expect(memoryFault(error, 'Take fewer.')).toMatchObject({
      message: 'memory: not enough memory for an array. Take fewer.',
    })
  })

  it('leaves any other fault as it came', () => {
    for (const other of [
      new PixelError('zstd frame damaged', 'broken'),
      new RangeError('Invalid array length'),
      withCode('ENOENT'),
      'text',
    ]) {
      expect(memoryFault(other)).toBe(other)
    }
  })
})
