import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'

/** Environment variable that stands for what was measured, in bytes: for machines shared with others. */
export const freeMemoryVariable = 'PHENOPRINT_FREE_MEMORY'

/** The text of a file of the system, or null where it has none. */
export type ReadSystemFile = (path: string) => string | null

/**
 * Bytes that this process may still take before the machine, or the container it runs in, has none
 * left. Memory that holds cached files counts as free.
 *
 * @param override The value of {@link freeMemoryVariable}, where it is set.
 */
export function freeMemory(
  override = process.env[freeMemoryVariable],
  read: ReadSystemFile = readSystemFile,
): number {
  const told = Number(override)
  if (override !== undefined && override !== '' && told > 0) return told
  return Math.min(machineFree(read), containerFree(read))
}

function machineFree(read: ReadSystemFile): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(read('/proc/meminfo') ?? '')?.[1]
  return kilobytes === undefined ? freemem() : Number(kilobytes) * 1024
}

/** Control groups, version 2 and 1; Infinity where none limits. */
function containerFree(read: ReadSystemFile): number {
  const v2 = '/sys/fs/cgroup'
  const v1 = '/sys/fs/cgroup/memory'
  const limit = bytesIn(read(`${v2}/memory.max`)) ?? bytesIn(read(`${v1}/memory.limit_in_bytes`))
  const used = bytesIn(read(`${v2}/memory.current`)) ?? bytesIn(read(`${v1}/memory.usage_in_bytes`))
  if (limit === null || used === null) return Number.POSITIVE_INFINITY
  const statistics = read(`${v2}/memory.stat`) ?? read(`${v1}/memory.stat`) ?? ''
  const cached = [...statistics.matchAll(/^(?:in)?active_file (\d+)$/gm)]
  const cachedBytes = cached.reduce((sum, [, bytes]) => sum + Number(bytes), 0)
  return Math.max(0, limit - Math.max(0, used - cachedBytes))
}

/** The number in a file of the control group; null for none and for `max`. */
function bytesIn(text: string | null): number | null {
  const bytes = Number(text ?? Number.NaN)
  return Number.isFinite(bytes) && text !== '' ? bytes : null
}

function readSystemFile(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}
