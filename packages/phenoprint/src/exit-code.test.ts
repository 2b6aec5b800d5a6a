import { TorchError } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import * as errors from './errors.js'
import { exitCodeOf } from './exit-code.js'

describe('exitCodeOf', () => {
  it.each([
    [new errors.ConfigError(''), 2],
    [new errors.RunDirectoryError(''), 2],
    [new errors.ScreenError(''), 3],
    [new errors.ImageError(''), 3],
    [new errors.StoreError(''), 3],
    [new errors.CheckpointError(''), 3],
    [new errors.PredictionError(''), 3],
    [new errors.MachineError(''), 4],
    [new errors.DivergedError(''), 5],
    [new errors.InterruptedError('', 130), 130],
    [new errors.InterruptedError('', 143), 143],
    [new TorchError('', { kind: 'engine' }), 4],
    [new TorchError('', { kind: 'memory' }), 4],
    [new TorchError('', { kind: 'checkpoint' }), 3],
    [new TorchError('', { kind: 'argument' }), 1],
    [new Error('ENOSPC: no space left on device, write'), 4],
    [new Error('ENOENT: no such file or directory'), 1],
    [new TypeError(''), 1],
    ['not even an error', 1],
  ])('of %s is %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })
})
