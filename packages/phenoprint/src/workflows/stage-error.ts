import { PhenoprintError } from '../errors.js'
import { exitCodeOf } from '../exit-code.js'
import { memoryFault } from '../run/memory-fault.js'

/** A stage of a run failed: the message names it, the exit code is that of the fault. */
export class StageError extends PhenoprintError {
  readonly _tag = 'StageError'
  readonly exitCode: number

  constructor(stage: string, error: unknown) {
    const cause = memoryFault(error)
    super(`${stage}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.exitCode = exitCodeOf(cause)
  }
}
