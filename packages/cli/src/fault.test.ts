import { CheckpointError, DivergedError, InterruptedError } from '@phenoprint/phenoprint/basics'
import { TorchError } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { describeFault } from './fault.js'

const running = new AbortController().signal

describe('describeFault', () => {
  it.each([
    [new CheckpointError('checkpoint: broken'), 3],
    [new DivergedError('training: loss is NaN'), 5],
    [new TorchError('torch: the engine is not ready', { kind: 'engine' }), 4],
    [new TorchError('torch: not enough memory', { kind: 'memory' }), 4],
    [new TorchError('checkpoint a.safetensors: truncated', { kind: 'checkpoint' }), 3],
  ])('gives %s its exit code, without a stack', (error, exitCode) => {
    expect(describeFault(error, running)).toEqual({
      message: `phenoprint: ${error.message}`,
      exitCode,
    })
  })

  it.each([new TorchError('shapes do not fit', { kind: 'operator' }), new RangeError('x')])(
    'takes %s for a fault in the program',
    (error) => {
      const { message, exitCode } = describeFault(error, running)
      expect(exitCode).toBe(1)
      expect(message).toContain('This is a fault in phenoprint.')
      expect(message).toContain('fault.test')
    },
  )

  it('takes memory that has run out for the machine', () => {
    const { message, exitCode } = describeFault(
      new RangeError('Array buffer allocation failed'),
      running,
    )
    expect(exitCode).toBe(4)
    expect(message).toMatch(/^phenoprint: memory: not enough memory for an array\. Free some/)
  })

  it('can tell of what was thrown that is no error', () => {
    expect(describeFault('words', running)).toMatchObject({ exitCode: 1 })
  })

  it('keeps a real fault that came while stopping', () => {
    const stopping = new AbortController()
    stopping.abort(new InterruptedError('stopped', 130))
    expect(describeFault(new CheckpointError('disk'), stopping.signal).exitCode).toBe(3)
    const abort = Object.assign(new Error('aborted'), { name: 'AbortError' })
    expect(describeFault(abort, stopping.signal)).toEqual({
      message: 'phenoprint: stopped',
      exitCode: 130,
    })
  })
})
