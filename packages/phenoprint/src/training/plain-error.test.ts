import { TorchError } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import * as errors from '../errors.js'
import { exitCodeOf } from '../exit-code.js'
import { fromPlainError, toPlainError } from './plain-error.js'

/** As a message port sends it. */
function across(error: unknown): Error {
  return fromPlainError(structuredClone(toPlainError(error)))
}

describe('an error that crossed between threads', () => {
  // Nothing is assigned in threads; of the other two one is abstract, and one is tested below.
  const others: readonly unknown[] = [
    errors.PhenoprintError,
    errors.InterruptedError,
    errors.AssignmentError,
  ]
  const classes = Object.values(errors).filter((Class) => !others.includes(Class))
  it.each(classes.map((Class) => [Class.name, Class] as const))('%s is one again', (_, Class) => {
    const error = Reflect.construct(Class, ['what, where, next', { cause: new Error('why') }])
    const crossed = across(error)
    expect(crossed).toBeInstanceOf(Class)
    expect(crossed).toMatchObject({ message: error.message, exitCode: error.exitCode })
    expect(crossed.stack).toBe(error.stack)
    expect(crossed.cause).toMatchObject({ message: 'why' })
  })

  it('keeps how it was interrupted', () => {
    for (const code of [130, 143] as const) {
      const crossed = across(new errors.InterruptedError('stop', code))
      expect(crossed).toBeInstanceOf(errors.InterruptedError)
      expect(crossed).toMatchObject({ message: 'stop', exitCode: code })
    }
  })

  it.each([
    ['checkpoint', 3],
    ['memory', 4],
    ['engine', 4],
    ['operator', 1],
  ] as const)('keeps that the engine called it %s, and so exit code %i', (kind, code) => {
    const shapes = { self: [2, 3] }
    const details = { kind, operator: 'aten::mm', argument: 'mat2', shapes }
    const crossed = across(new TorchError('what the engine said', details))
    expect(crossed).toBeInstanceOf(TorchError)
    expect(crossed).toMatchObject({ message: 'what the engine said', ...details })
    expect(exitCodeOf(crossed)).toBe(code)
  })

  it('keeps no more of the engine than there was', () => {
    const crossed = across(new TorchError('shapes do not fit'))
    expect(Object.keys(crossed).sort()).toEqual(['_tag', 'kind'])
  })

  it('is what it can be where it is none of ours', () => {
    expect(across(new TorchError('shapes do not fit'))).toBeInstanceOf(TorchError)
    expect(across(new TypeError('no such thing'))).toMatchObject({ message: 'no such thing' })
    expect(across('a string')).toMatchObject({ message: 'a string' })
  })
})
