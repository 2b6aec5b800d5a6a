import { setTimeout as rest } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'

/** Long enough for what V8 still compiles in the background for a thread, in milliseconds. */
const restMilliseconds = 500

/**
 * Ends a thread whose work is done, after a rest: Node 20 aborts the whole process, with all that was
 * done, when a thread goes while V8 still compiles a hot function of it in the background (2 of 40
 * runs of `simulate` with 12 threads). A machine under heavy load may still need longer.
 */
export async function endThread(worker: Worker): Promise<void> {
  await rest(restMilliseconds)
  await worker.terminate()
}
