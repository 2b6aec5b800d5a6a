import { PhenoprintError } from './errors.js'

/** What the engine objects to, where a person can do something about it. */
const engineFaults: Readonly<Record<string, number>> = { engine: 4, memory: 4, checkpoint: 3 }

/**
 * The exit code that a fault gives a command: that of its class; 4 where the engine cannot be loaded
 * or memory or disk are short, 3 where a checkpoint cannot be read; 1, a fault in the program, for all else.
 */
export function exitCodeOf(error: unknown): number {
  if (error instanceof PhenoprintError) return error.exitCode
  // As the system words it, for the code is lost on the way from another thread.
  if (error instanceof Error && /^(ENOSPC|EDQUOT|EROFS): /.test(error.message)) return 4
  // Told by its tag: loading the engine's package for its class alone would not be light.
  const isTorchError = error instanceof Error && '_tag' in error && error._tag === 'TorchError'
  return (isTorchError && 'kind' in error && engineFaults[String(error.kind)]) || 1
}
