import { errorCode } from '../error-code.js'
import { MachineError } from '../errors.js'
import { sentence } from '../words.js'

/**
 * Memory that has run out in this program, told as a MachineError; any other fault as it came. What
 * the engine lacks is for `engineFault` to tell.
 *
 * @param cure What to do, as a sentence.
 */
export function memoryFault(
  error: unknown,
  cure = 'Free some memory, or allow this process more (ulimit -v), and run the same command again: it goes on where it stopped.',
): unknown {
  const what = lacking(error)
  return what === null
    ? error
    : new MachineError(`memory: ${sentence(what)} ${cure}`, { cause: error })
}

function lacking(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  // Told by its tag: this is asked before any package of pixels is loaded.
  if ('_tag' in error && error._tag === 'PixelError') {
    return 'fault' in error && error.fault === 'memory' ? error.message : null
  }
  // In Node's own words, for typed arrays.
  if (error instanceof RangeError && error.message === 'Array buffer allocation failed') {
    return 'not enough memory for an array'
  }
  const code = errorCode(error)
  if (code === 'ENOMEM') return `not enough memory: ${error.message}`
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return 'not enough memory for the JavaScript of a thread'
  }
  return null
}
