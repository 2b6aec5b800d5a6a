import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, hostname, totalmem } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

const session = z.object({
  started: z.string(),
  code: z.string(),
  engine: z.string().nullable(),
  machine: z.object({
    host: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryBytes: z.number(),
    node: z.string(),
    platform: z.string(),
  }),
})

export const provenanceSchema = z.object({
  verb: z.string(),
  data: z.string().nullable(),
  sessions: z.array(session).min(1),
})

/**
 * Where a result comes from: the verb, the digest of the data it read, and for each time that the
 * command was started the code, the engine and the machine.
 */
export type Provenance = z.output<typeof provenanceSchema>
export type Session = Provenance['sessions'][number]

/**
 * What a run directory says of itself.
 *
 * @throws {Error} of the system, of JSON or of the schema: only its caller knows what follows from it.
 */
export function readProvenance(folder: string): Provenance {
  return provenanceSchema.parse(JSON.parse(readFileSync(join(folder, 'provenance.json'), 'utf8')))
}

/** This process, on this machine, with this code; the engine is filled in once it is loaded. */
export function thisSession(): Session {
  return {
    started: new Date().toISOString(),
    code: codeVersion(),
    engine: null,
    machine: {
      host: hostname(),
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
    },
  }
}

/**
 * The version of this library: in a checkout the git commit, with `+changes` where files differ
 * from it; otherwise the version of the package.
 */
export function codeVersion(): string {
  const folder = fileURLToPath(new URL('../../', import.meta.url))
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(`${folder}package.json`, 'utf8')))
  // A repository that merely has this package installed somewhere below it does not track it.
  if (git(folder, 'ls-files', '--error-unmatch', 'package.json') === null) return version
  const commit = git(folder, 'rev-parse', 'HEAD')
  if (commit === null) return version
  const changes = git(folder, 'status', '--porcelain', '--untracked-files=no', '--', '..')
  return `${version} ${commit}${changes === '' ? '' : '+changes'}`
}

function git(folder: string, ...words: string[]): string | null {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
    return execFileSync('git', ['-C', folder, ...words], { encoding: 'utf8', stdio }).trim()
  } catch {
    return null
  }
}
