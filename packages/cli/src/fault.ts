import { exitCodeOf, InterruptedError, memoryFault } from '@phenoprint/phenoprint/basics'

/** What a person is told of a fault, and the exit code. */
export interface Fault {
  readonly message: string
  readonly exitCode: number
}

/**
 * A fault in words. What a person can mend says how; anything else is a fault in phenoprint, shown
 * with where it happened.
 *
 * @param signal Where a person asked to stop, that is why it stopped, however the work put it.
 */
export function describeFault(error: unknown, signal: AbortSignal): Fault {
  const stopped = signal.aborted && error instanceof Error && error.name === 'AbortError'
  const fault =
    stopped && signal.reason instanceof InterruptedError ? signal.reason : memoryFault(error)
  const exitCode = exitCodeOf(fault)
  const message = fault instanceof Error ? fault.message : String(fault)
  if (exitCode !== 1) return { message: `phenoprint: ${message}`, exitCode }
  return {
    message: `phenoprint: ${message}\nThis is a fault in phenoprint. Please report it with the command, the file and these lines:\n${origins(fault)}`,
    exitCode,
  }
}

/** The stack of the fault and of each that caused it. */
function origins(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const own = fault.stack ?? fault.message
  return fault.cause === undefined ? own : `${own}\ncaused by: ${origins(fault.cause)}`
}
