import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { engineFault } from '../run/engine-fault.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { fineTuneHere } from './fine-tune-here.js'
import type { AbortMessage, ThreadedVerb, WorkerMessage, WorkerTask } from './messages.js'
import { fromPlainError, toPlainError } from './plain-error.js'
import { trainHere } from './train-here.js'

/** The thread that trains: see in-worker.ts, which starts it. */
const verbs: Readonly<
  Record<
    ThreadedVerb,
    (
      config: WorkerTask['config'],
      reporter: Reporter,
      shard: WorkerTask['shard'],
    ) => Promise<VerbResult>
  >
> = {
  train: trainHere,
  'fine-tune': fineTuneHere,
}

const cure = 'Set training.microBatch to fewer samples at once, or free memory.'

if (parentPort !== null) await work(parentPort, workerData)

async function work(port: MessagePort, { verb, config, shard }: WorkerTask): Promise<void> {
  const send = (message: WorkerMessage) => port.postMessage(message)
  const controller = new AbortController()
  port.on('message', ({ reason }: AbortMessage) => controller.abort(fromPlainError(reason)))
  try {
    const result = await verbs[verb](config, relay(send, controller.signal), shard)
    send({ type: 'result', result })
  } catch (error) {
    send({ type: 'error', error: toPlainError(engineFault(error, cure)) })
  } finally {
    port.removeAllListeners('message')
  }
}

/** A reporter whose words are said in the other thread. */
function relay(send: (message: WorkerMessage) => void, signal: AbortSignal): Reporter {
  let counters = 0
  return {
    signal,
    say: (line) => send({ type: 'say', line }),
    event: (event) => send({ type: 'event', event }),
    progress: (label, total, unit) => {
      const id = counters++
      send({ type: 'progress', id, label, total, unit })
      return {
        advance: (count, note) => send({ type: 'advance', id, count, note }),
        done: () => send({ type: 'progressDone', id }),
      }
    },
  }
}
