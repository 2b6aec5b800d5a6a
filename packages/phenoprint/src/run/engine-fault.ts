import { TorchError } from '@phenoprint/torch'
import { MachineError } from '../errors.js'
import { sentence } from '../words.js'

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
  const message = outOfMemory(error)
  return message === null
    ? error
    : new MachineError(`${sentence(message)} ${cure}`, { cause: error })
}

function outOfMemory(error: unknown): string | null {
  if (error instanceof TorchError && error.kind === 'memory')
    return error.message.replace(/\.$/, '')
  // In Node's own words, for typed arrays.
  const array = error instanceof RangeError && error.message === 'Array buffer allocation failed'
  return array ? 'not enough memory for an array' : null
}
