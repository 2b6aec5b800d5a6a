import { TorchError } from '@phenoprint/torch'
import { MachineError } from '../errors.js'
import { sentence } from '../words.js'
import { memoryFault } from './memory-fault.js'

/**
 * What the machine is to blame for while the engine computes, told as a MachineError: an engine that
 * is missing, and memory that has run out, be it the engine's or this program's. Any other fault as
 * it came.
 *
 * @param cure What to do where memory has run out, as a sentence.
 */
export function engineFault(error: unknown, cure: string): unknown {
  if (error instanceof TorchError && error.kind === 'engine') {
    return new MachineError(error.message, { cause: error })
  }
  if (error instanceof TorchError && error.kind === 'memory') {
    return new MachineError(`${sentence(error.message)} ${cure}`, { cause: error })
  }
  return memoryFault(error, cure)
}
