import { MachineError } from '../errors.js'
import { sentence } from '../words.js'
import { isLostRank } from './lost-rank.js'

/**
 * What is told where another rank is gone: the reason for which this one was to stop as well, or that one was lost,
 * as a MachineError. Any other fault as it came.
 */
export function rankFault(error: unknown, signal: AbortSignal): unknown {
  if (!isLostRank(error) || !(error instanceof Error)) return error
  if (signal.aborted) return signal.reason
  return new MachineError(
    `${sentence(error.message)} What the rank that ended first says tells why. Run the same command again, on any number of ranks: it goes on from the last checkpoint.`,
    { cause: error },
  )
}
