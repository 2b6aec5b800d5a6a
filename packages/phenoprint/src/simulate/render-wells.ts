import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Section } from '../config/config.js'
import { MachineError } from '../errors.js'
import { endThread } from '../run/end-thread.js'
import type { SimulatedWell } from './layout.js'
import type { RenderReply, RenderRequest, RenderThreadData } from './render-messages.js'

/**
 * Renders wells in threads; each takes the next one as soon as it is free.
 *
 * @param onWell Told of each well that is done, with the number of sites that were rendered.
 * @param signal When it is aborted, no further well is begun; those under way are finished.
 * @throws The signal's reason after an abort.
 * @throws {MachineError} when the disk is full or cannot be written.
 */
export async function renderWells(
  settings: Section<'simulation'>,
  wells: readonly SimulatedWell[],
  onWell: (rendered: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const threads = Math.min(settings.threads ?? availableParallelism(), wells.length)
  const queue = wells.values()
  const workerData: RenderThreadData = { settings }
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('./render-thread.js', import.meta.url), { workerData }),
  )
  const outcomes = await Promise.allSettled(
    workers.map((worker) => serve(worker, queue, onWell, signal)),
  )
  // All at the end: while others render, none comes to rest.
  await Promise.all(workers.map(endThread))
  signal.throwIfAborted()
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** Keeps one thread at work until the queue is empty, the signal is aborted, or something fails. */
function serve(
  worker: Worker,
  queue: Iterator<SimulatedWell>,
  onWell: (rendered: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      const { done, value: well } = signal.aborted ? { done: true } : queue.next()
      if (done === true || well === undefined) return resolve()
      const request: RenderRequest = { well }
      worker.postMessage(request)
    }
    worker.on('error', reject)
    worker.on('exit', () => reject(new Error('a render thread ended before its work was done')))
    worker.on('message', (reply: RenderReply) => {
      if (reply.kind === 'machine') return reject(new MachineError(reply.message))
      onWell(reply.rendered)
      next()
    })
    next()
  })
}
