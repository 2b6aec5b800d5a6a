import { describe, expect, it } from 'vitest'
import { freeMemory, type ReadSystemFile } from './free-memory.js'

const GiB = 1024 ** 3

function files(content: Readonly<Record<string, string>>): ReadSystemFile {
  return (path) => content[path] ?? null
}

const meminfo =
  'MemTotal:       33554432 kB\nMemFree:         1048576 kB\nMemAvailable:   16777216 kB'

describe('freeMemory', () => {
  it('is what the kernel calls available on a machine without limits', () => {
    expect(freeMemory(undefined, files({ '/proc/meminfo': meminfo }))).toBe(16 * GiB)
  })

  it('is what is left of a container of version 2, cached files counted as free', () => {
    const read = files({
      '/proc/meminfo': meminfo,
      '/sys/fs/cgroup/memory.max': String(8 * GiB),
      '/sys/fs/cgroup/memory.current': String(5 * GiB),
      '/sys/fs/cgroup/memory.stat': `anon ${2 * GiB}\ninactive_file ${2 * GiB}\nactive_file ${GiB}`,
    })
    expect(freeMemory(undefined, read)).toBe(6 * GiB)
  })

  it('is what is left of a container of version 1', () => {
    const read = files({
      '/proc/meminfo': meminfo,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': String(4 * GiB),
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': String(3 * GiB),
      '/sys/fs/cgroup/memory/memory.stat': `cache ${GiB}\ninactive_file ${GiB}`,
    })
    expect(freeMemory(undefined, read)).toBe(2 * GiB)
  })

  it('is what the machine has where the container has no limit', () => {
    const read = files({
      '/proc/meminfo': meminfo,
      '/sys/fs/cgroup/memory.max': 'max',
      '/sys/fs/cgroup/memory.current': String(GiB),
    })
    expect(freeMemory(undefined, read)).toBe(16 * GiB)
  })

  it('is what it was told', () => {
    expect(freeMemory('123456789', files({ '/proc/meminfo': meminfo }))).toBe(123456789)
    expect(freeMemory('', files({ '/proc/meminfo': meminfo }))).toBe(16 * GiB)
  })

  it('is a positive number on this machine', () => {
    expect(freeMemory(undefined)).toBeGreaterThan(0)
  })
})
