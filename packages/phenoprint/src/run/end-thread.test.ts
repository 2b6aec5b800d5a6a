import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { endThread } from './end-thread.js'

it('ends a thread, but not before it has come to rest', async () => {
  const worker = new Worker("require('node:worker_threads').parentPort.on('message', () => {})", {
    eval: true,
  })
  await once(worker, 'online')
  let ended = false
  worker.once('exit', () => {
    ended = true
  })
  const ending = endThread(worker)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(ended).toBe(false)
  await ending
  expect(ended).toBe(true)
})
