import { Worker } from 'node:worker_threads'
import type { Config } from '../config/config.js'
import { PhenoprintError } from '../errors.js'
import { endThread } from '../run/end-thread.js'
import type { Progress, Reporter, VerbResult } from '../run/reporter.js'
import type { Shard } from '../run/shard.js'
import type { AbortMessage, ThreadedVerb, WorkerMessage, WorkerTask } from './messages.js'
import { fromPlainError, toPlainError } from './plain-error.js'

/**
 * Runs a verb in a worker thread, so that this one keeps printing and answering signals while the
 * engine computes. What the verb says, counts and throws arrives here as if it had run here; an
 * abort of the reporter's signal reaches it, and it saves before it throws the reason.
 */
export async function inWorker(
  verb: ThreadedVerb,
  config: Config,
  reporter: Reporter,
  shard: Shard | null = null,
): Promise<VerbResult> {
  reporter.signal.throwIfAborted()
  const task: WorkerTask = { verb, config, shard }
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task })
  const abort = () => {
    const message: AbortMessage = { type: 'abort', reason: toPlainError(reporter.signal.reason) }
    worker.postMessage(message)
  }
  reporter.signal.addEventListener('abort', abort)
  try {
    return await finished(worker, reporter)
  } catch (error) {
    // The reason itself, not its copy, where the thread stopped because of it.
    const stopped = reporter.signal.aborted && error instanceof PhenoprintError
    const { reason } = reporter.signal
    throw stopped && reason instanceof Error && reason.name === error.name ? reason : error
  } finally {
    reporter.signal.removeEventListener('abort', abort)
    await endThread(worker)
  }
}

/** Hands on what the thread tells until it has a result or an error. */
function finished(worker: Worker, reporter: Reporter): Promise<VerbResult> {
  const counters = new Map<number, Progress>()
  return new Promise((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      switch (message.type) {
        case 'say':
          return reporter.say(message.line)
        case 'event':
          return reporter.event(message.event)
        case 'progress': {
          const { id, label, total, unit } = message
          counters.set(id, reporter.progress(label, total, unit))
          return
        }
        case 'advance':
          return counters.get(message.id)?.advance(message.count, message.note)
        case 'progressDone':
          counters.get(message.id)?.done()
          counters.delete(message.id)
          return
        case 'result':
          return resolve(message.result)
        case 'error':
          return reject(fromPlainError(message.error))
      }
    })
    worker.on('error', reject)
    worker.on('exit', (code) => reject(new Error(`the training thread ended with code ${code}`)))
  })
}
