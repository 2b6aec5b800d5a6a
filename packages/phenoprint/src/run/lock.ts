import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { z } from 'zod'
import { errorCode } from '../error-code.js'
import { RunDirectoryError } from '../errors.js'
import { diskFault } from './disk-fault.js'
import { temporaryName } from './files.js'
import { stateOf, thisProcess } from './process.js'

const ownerSchema = z.object({
  host: z.string(),
  boot: z.string(),
  namespace: z.string(),
  pid: z.int().positive(),
  start: z.string(),
  job: z.string().default(''),
  purpose: z.string(),
  since: z.string(),
})
type Owner = z.output<typeof ownerSchema>

/**
 * A file that says which process works in a folder. Whoever made it owns it; one left behind by a
 * process that is gone is taken over.
 */
export class Lock {
  readonly #path: string
  readonly #content: string

  private constructor(path: string, content: string) {
    this.#path = path
    this.#content = content
  }

  /**
   * Takes the lock at once or not at all.
   *
   * @param path The lock file; its folder is there.
   * @param purpose What the process does, for the message that another one gets.
   * @param what What the folder holds, for the same: run, store, simulation.
   * @throws {RunDirectoryError} when a living process holds it, or one that cannot be seen from here.
   * @throws {MachineError} when the file cannot be written.
   */
  static take(path: string, purpose: string, what = 'run'): Lock {
    const owner: Owner = { ...thisProcess(), purpose, since: new Date().toISOString() }
    const content = `${JSON.stringify(owner)}\n`
    for (;;) {
      if (created(path, content)) return new Lock(path, content)
      const seen = readIfThere(path)
      if (seen === null) continue
      refuseUnlessDead(path, seen, what)
      removeStale(path, seen, what)
    }
  }

  /** Gives the lock back; nothing happens when it is no longer this one. */
  release(): void {
    if (readIfThere(this.#path) === this.#content) rmSync(this.#path, { force: true })
  }

  [Symbol.dispose](): void {
    this.release()
  }
}

/** Whether a living process holds a lock, or one that cannot be seen from here. */
export function isHeld(path: string): boolean {
  const content = readIfThere(path)
  if (content === null) return false
  const owner = parseOwner(content)
  return owner === null || stateOf(owner) !== 'dead'
}

/** Written aside and linked into place: nobody ever reads half a lock, and only one can make it. */
function created(path: string, content: string): boolean {
  const aside = temporaryName(path)
  try {
    writeFileSync(aside, content, { flag: 'wx' })
    linkSync(aside, path)
    return true
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') return false
    throw diskFault(cause, path, Buffer.byteLength(content))
  } finally {
    rmSync(aside, { force: true })
  }
}

function refuseUnlessDead(path: string, content: string, what: string): void {
  const owner = parseOwner(content)
  const state = owner === null ? 'unknown' : stateOf(owner)
  if (state === 'dead') return
  const folder = path.slice(0, Math.max(0, path.lastIndexOf('/')))
  const who =
    owner === null
      ? 'a process that did not say who it is'
      : `process ${owner.pid} on ${owner.host} (${owner.purpose}, since ${owner.since})`
  const next =
    state === 'alive'
      ? 'Wait until it ends, end it, or choose another folder.'
      : `It cannot be seen from here. If it is gone, delete ${path} and try again.`
  throw new RunDirectoryError(`${what}: ${folder} is in use by ${who}. ${next}`)
}

/**
 * Removes the lock of a dead process. Two may find it dead at once; the guard lets one of them
 * remove it, and only while it is still the one that was seen, never the other's fresh lock.
 */
function removeStale(path: string, seen: string, what: string): void {
  using _guard = Lock.take(`${path}.takeover`, 'taking over the lock of a dead process', what)
  if (readIfThere(path) === seen) rmSync(path, { force: true })
}

function parseOwner(content: string): Owner | null {
  try {
    return ownerSchema.parse(JSON.parse(content))
  } catch {
    return null
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') return null
    throw cause
  }
}
