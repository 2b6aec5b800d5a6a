import { parentPort, workerData } from 'node:worker_threads'
import { MachineError } from '../errors.js'
import type { RenderReply, RenderRequest, RenderThreadData } from './render-messages.js'
import { SiteRenderer } from './render-site.js'
import { writeWell } from './write-well.js'

/** Entry of a render thread: one well a message. A fault that is not the machine's ends the thread. */
const port = parentPort
if (port === null) throw new Error('render-thread.js is started by the simulator, as a thread')
const { settings }: RenderThreadData = workerData
const renderer = new SiteRenderer(settings)

port.on('message', ({ well }: RenderRequest) => {
  let reply: RenderReply
  try {
    reply = { kind: 'done', rendered: writeWell(renderer, settings, well) }
  } catch (cause) {
    if (!(cause instanceof MachineError)) throw cause
    reply = { kind: 'machine', message: cause.message }
  }
  port.postMessage(reply)
})
