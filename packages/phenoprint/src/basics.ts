/**
 * What a program needs before any work starts: nothing of this loads another package, so that
 * `--help` and a wrong flag are answered at once.
 */
export { didYouMean } from './did-you-mean.js'
export * from './errors.js'
export { exitCodeOf } from './exit-code.js'
export { memoryFault } from './run/memory-fault.js'
export type { Progress, Reporter, RunEvent, VerbResult } from './run/reporter.js'
export { interruptOnSignals } from './run/signals.js'
export { bytesInWords, duration } from './words.js'
