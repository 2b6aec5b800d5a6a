import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { joinRanks } from '../ranks/join.js'
import { rankFault } from '../ranks/rank-fault.js'
import { Ranks } from '../ranks/ranks.js'
import { engineFault } from '../run/engine-fault.js'
import { type Reporter, silentReporter, type VerbResult } from '../run/reporter.js'
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
      ranks: Ranks,
      shard: WorkerTask['shard'],
    ) => Promise<VerbResult>
  >
> = {
  train: (config, reporter, ranks) => trainHere(config, reporter, ranks),
  'fine-tune': (config, reporter, ranks, shard) => fineTuneHere(config, reporter, shard, ranks),
}

const cure = 'Set training.microBatch to fewer samples at once, or free memory.'

if (parentPort !== null) await work(parentPort, workerData)

async function work(port: MessagePort, { verb, config, shard }: WorkerTask): Promise<void> {
  const send = (message: WorkerMessage) => port.postMessage(message)
  const controller = new AbortController()
  const { signal } = controller
  port.on('message', ({ reason }: AbortMessage) => controller.abort(fromPlainError(reason)))
  try {
    // Shards are told apart by the same variables, and need nothing of each other.
    using ranks = shard === null ? await joinRanks(config) : Ranks.alone
    const reporter = ranks.isFirst ? relay(send, signal) : { ...silentReporter, signal }
    const result = await verbs[verb](config, reporter, ranks, shard)
    send({ type: 'result', result })
  } catch (error) {
    send({ type: 'error', error: toPlainError(engineFault(rankFault(error, signal), cure)) })
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
