import { existsSync, readFileSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { dirname } from 'node:path'
import { bytesInWords } from '@phenoprint/phenoprint/basics'
import { broken, type Check, missing, ok } from './check.js'

const gibibyte = 1024 ** 3

/** Processor, memory, Node and disk. */
export function machineChecks(cache: string): Check[] {
  return [processor(), memory(), node(), disk('disk', process.cwd()), disk('cache disk', cache)]
}

/**
 * The instruction sets that decide which kernels run.
 *
 * @param cpuinfo The text of /proc/cpuinfo; empty where the system has none.
 */
export function processor(cpuinfo: string = readIfThere('/proc/cpuinfo')): Check {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/))
  const model = /^model name\s*:\s*(.*)$/m.exec(cpuinfo)?.[1] ?? cpus()[0]?.model ?? 'unknown'
  const sets = [
    ['AVX2', flags.has('avx2')],
    ['AVX-512', flags.has('avx512f')],
    ['AVX-512 bf16', flags.has('avx512_bf16')],
    ['AMX bf16', flags.has('amx_bf16')],
  ] as const
  const has = sets.filter(([, there]) => there).map(([name]) => name)
  const cores = `${availableParallelism()} cores to use`
  const text = `${model}, ${cores}, ${has.length > 0 ? has.join(', ') : 'no AVX2'}`
  if (flags.size === 0 || flags.has('avx2')) return ok('processor', text)
  return missing('processor', text, 'optional: a processor with AVX2 trains several times faster')
}

function memory(): Check {
  const limit = process.constrainedMemory()
  const total = limit > 0 && limit < totalmem() ? limit : totalmem()
  const limited = total < totalmem() ? ' (the limit of this container)' : ''
  const text = `${bytesInWords(total)}${limited}, ${bytesInWords(process.availableMemory())} free`
  if (process.availableMemory() > 2 * gibibyte) return ok('memory', text)
  return missing('memory', text, 'close other programs, or use training.batchSize below 32')
}

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const text = `${process.version} ${process.platform}-${process.arch}`
  if (major > 20 || (major === 20 && minor >= 19)) return ok('node', text)
  return broken('node', text, 'install Node 20.19 or newer')
}

function disk(name: string, folder: string): Check {
  let there = folder
  while (!existsSync(there)) there = dirname(there)
  const { bavail, bsize } = statfsSync(there)
  const text = `${bytesInWords(bavail * bsize)} free at ${there}`
  if (bavail * bsize > 2 * gibibyte) return ok(name, text)
  return missing(name, text, 'free some space: a store takes about as much as its images')
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
