import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { dispose, memory, ones, rand, setThreads, type Tensor, zeros } from './index.js'
import { itOnDevices } from './testing/devices.test.support.js'

const MiB = 2 ** 20
const before = memory.allocator().limit
setThreads(1)

afterEach(() => {
  memory.useCachingAllocator({ limitBytes: before })
  memory.trim()
})

/** Memory of this process that is in use, in bytes. */
function resident(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024
}

const megabytes = (count: number) => zeros([count, MiB], { dtype: 'uint8' })

it('the limit is half of the memory unless told', () => {
  const total = Number(/MemTotal:\s+(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024
  expect(before).toBeGreaterThan(0)
  expect(before).toBeLessThanOrEqual(total / 2 + 4096)
})

it('a freed block is handed out again for its size', () => {
  memory.trim()
  const first = megabytes(20)
  const { reserved } = memory.allocator()
  first.dispose()
  expect(memory.allocator().reserved).toBe(reserved)
  const second = megabytes(20)
  expect(memory.allocator().reserved).toBe(reserved)
  second.dispose()
})

it('counts what is in use, and the most that ever was', () => {
  const { inUse } = memory.allocator()
  const made = [megabytes(8), megabytes(8)]
  expect(memory.allocator().inUse).toBeGreaterThanOrEqual(inUse + 16 * MiB)
  expect(memory.allocator().inUse).toBeLessThanOrEqual(inUse + 20 * MiB)
  dispose(made)
  expect(memory.allocator().inUse).toBe(inUse)
  expect(memory.allocator().peak).toBeGreaterThanOrEqual(inUse + 16 * MiB)
})

it('trim() gives the cache back to the system', () => {
  megabytes(300).dispose()
  const held = resident()
  expect(memory.trim()).toBeGreaterThanOrEqual(300 * MiB)
  const { reserved, inUse } = memory.allocator()
  expect(reserved).toBe(inUse)
  expect(resident()).toBeLessThan(held - 290 * MiB)
})

it('beyond the limit the blocks freed longest ago go first', () => {
  memory.trim()
  const { inUse } = memory.allocator()
  memory.useCachingAllocator({ limitBytes: inUse + 100 * MiB })
  const [old, young] = [megabytes(32), megabytes(16)]
  old.dispose()
  young.dispose()
  const large = megabytes(64) // 32 + 16 + 64 are too many
  expect(memory.allocator().reserved).toBe(inUse + 80 * MiB)
  const again = megabytes(16)
  expect(memory.allocator().reserved).toBe(inUse + 80 * MiB)
  dispose([large, again])
})

it('a block serves a tensor that is a little smaller, and not one that is much smaller', () => {
  memory.trim()
  const { reserved } = memory.allocator()
  megabytes(32).dispose()
  megabytes(28).dispose()
  expect(memory.allocator().reserved).toBe(reserved + 32 * MiB)
  megabytes(16).dispose()
  expect(memory.allocator().reserved).toBe(reserved + 48 * MiB)
})

it('tensors in use may go beyond the limit; then nothing is cached', () => {
  memory.useCachingAllocator({ limitBytes: 0 })
  const made = megabytes(16)
  expect(made.sum().item()).toBe(0)
  made.dispose()
  const { reserved, inUse, limit } = memory.allocator()
  expect([reserved, limit]).toEqual([inUse, 0])
})

it('a limit that is none is refused', () => {
  expect(() => memory.useCachingAllocator({ limitBytes: -1 })).toThrow(/limitBytes/)
  expect(() => memory.useCachingAllocator({ limitBytes: Number.NaN })).toThrow(/limitBytes/)
})

it('blocks of all sizes are whole and apart', () => {
  const made: Tensor[] = []
  for (let power = 0; power < 23; power++) {
    for (const size of [2 ** power - 1, 2 ** power, 2 ** power + 1, 3 * 2 ** power]) {
      made.push(zeros([size], { dtype: 'uint8' }).fill_(made.length % 251))
    }
  }
  for (const [index, each] of made.entries()) {
    if (each.numel === 0) continue
    expect([each.min().item(), each.max().item()]).toEqual([index % 251, index % 251])
  }
  dispose(made)
})

itOnDevices('live() counts tensors, and the bytes of a storage once', (device) => {
  const { tensors, bytes } = memory.live()
  const base = rand([100], { device })
  const view = base.view([10, 10])
  expect(memory.live()).toEqual({ tensors: tensors + 2, bytes: bytes + 400 })
  base.dispose()
  expect(memory.live()).toEqual({ tensors: tensors + 1, bytes: bytes + 400 })
  view.dispose()
  expect(memory.live()).toEqual({ tensors, bytes })
  expect(ones([1]).disposed).toBe(false)
})
