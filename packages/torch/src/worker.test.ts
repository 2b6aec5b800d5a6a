import { once } from 'node:events'
import { setTimeout } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { memory, ones, type Tensor, tidy, zeros } from './index.js'

function start(task: string, seconds?: number): Worker {
  return new Worker(new URL('./worker.test.support.js', import.meta.url), {
    workerData: { task, seconds },
  })
}

/** What a worker posts, once it has ended and freed what it held. */
async function answer(worker: Worker): Promise<unknown> {
  const ended = once(worker, 'exit')
  const [message] = await once(worker, 'message')
  await ended
  return message
}

it('several workers train at once, each for itself, to the same numbers', async () => {
  const workers = [start('train'), start('train'), start('train')]
  const [first, ...others] = await Promise.all(workers.map(answer))
  expect(first).toHaveLength(20)
  for (const other of others) expect(other).toEqual(first)
  if (Array.isArray(first)) expect(first.at(-1)).toBeLessThan(first[0] / 2)
})

it('the main thread stays free while a worker computes, and computes, too', async () => {
  const worker = start('multiply', 2)
  await once(worker, 'online')
  const done = answer(worker)
  const gaps: number[] = []
  let last = performance.now()
  let sum = 0
  const timer = setInterval(() => {
    gaps.push(performance.now() - last)
    last = performance.now()
    sum += tidy(() => ones([4]).sum().item())
  }, 10)
  expect(await done).toBe('done')
  clearInterval(timer)
  expect(sum).toBe(4 * gaps.length)
  expect(gaps.length).toBeGreaterThan(30)
})

it('a worker’s end frees its tensors, and the next one finds everything', async () => {
  zeros([1]).dispose()
  const before = memory.allocator().inUse
  for (let round = 0; round < 3; round++) {
    expect(await answer(start('leave tensors'))).toMatchObject({ tensors: 10, bytes: 10 * 2 ** 22 })
    expect(memory.allocator().inUse).toBe(before)
  }
})

it('a worker that is terminated in the middle of a tidy() leaves nothing behind', async () => {
  zeros([1]).dispose()
  const before = memory.allocator().inUse
  const worker = start('multiply', 60)
  await once(worker, 'online')
  await setTimeout(1000)
  expect(memory.allocator().inUse).toBeGreaterThan(before)
  await worker.terminate()
  expect(memory.allocator().inUse).toBe(before)
  expect(ones([3]).sum().item()).toBe(3)
})

it('an error in a worker arrives with its fields', async () => {
  const worker = start('fail')
  const [error] = await once(worker, 'error')
  expect(error).toMatchObject({ message: expect.stringMatching(/aten::mm.*\[2, 3\]/s) })
})

it('a tensor sent to another thread is no tensor there', () => {
  const copy: Tensor = structuredClone(ones([2]))
  expect(() => zeros([2]).add(copy)).toThrow(expect.objectContaining({ _tag: 'TorchError' }))
})
