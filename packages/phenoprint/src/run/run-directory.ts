import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Config } from '../config/config.js'
import { loadConfig } from '../config/load.js'
import { configToYaml } from '../config/to-yaml.js'
import { ConfigError, RunDirectoryError } from '../errors.js'
import { differences } from './compare.js'
import { EventLog } from './events.js'
import { removeStaleTemporaries, writeFileAtomic, writeJson } from './files.js'
import { Lock } from './lock.js'
import { makeFolder } from './make-folder.js'
import { codeVersion, type Provenance, readProvenance, thisSession } from './provenance.js'
import type { Reporter, RunEvent, VerbResult } from './reporter.js'
import type { RunVerb } from './verbs.js'

/** What a run directory is opened for. */
export interface RunPurpose {
  readonly verb: RunVerb
  readonly config: Config
  /** Told of every event that is written down. */
  readonly reporter?: Reporter
}

const resultSchema = z.object({
  verb: z.string(),
  figures: z.record(z.string(), z.unknown()),
  files: z.array(z.string()),
})

/**
 * A folder that holds one run of one verb: `config.yml` as resolved, `provenance.json`,
 * `events.jsonl`, `result.json` once it is finished, and what the verb writes. One process at a
 * time works in it.
 */
export class RunDirectory {
  readonly folder: string
  /** What the verb gave back when it finished here before; null while it has not. */
  readonly finished: VerbResult | null
  /** Whether an earlier, unfinished run of the same command is gone on with. */
  readonly resumed: boolean
  readonly #purpose: RunPurpose
  readonly #lock: Lock
  readonly #events: EventLog
  #provenance: Provenance
  #closed = false

  /**
   * Opens a run directory, new or to go on with, and takes its lock.
   *
   * @throws {RunDirectoryError} when a living process works in it, or when it holds a run of another
   *   verb or configuration (the keys that differ are named), or files of another kind,
   *   or can be no folder.
   * @throws {MachineError} when it cannot be written.
   */
  static open(folder: string, purpose: RunPurpose): RunDirectory {
    makeFolder(
      folder,
      (reason) =>
        new RunDirectoryError(
          `run: ${folder} cannot be a folder: ${reason}. Choose another one (--set output=…).`,
        ),
    )
    const lock = Lock.take(join(folder, 'lock'), `phenoprint ${purpose.verb}`)
    try {
      removeStaleTemporaries(folder)
      return new RunDirectory(folder, purpose, lock)
    } catch (error) {
      lock.release()
      throw error
    }
  }

  private constructor(folder: string, purpose: RunPurpose, lock: Lock) {
    this.folder = folder
    this.#purpose = purpose
    this.#lock = lock
    this.resumed = existsSync(this.path('config.yml'))
    const earlier = this.resumed ? provenanceOf(folder) : null
    if (earlier === null) refuseForeignFiles(folder)
    else refuseAnotherRun(folder, purpose, earlier)
    this.finished = readResult(this.path('result.json'))
    this.#provenance = earlier ?? { verb: purpose.verb, data: null, sessions: [] }
    if (this.finished === null) {
      const sessions = [...this.#provenance.sessions, thisSession()]
      this.#provenance = { ...this.#provenance, sessions }
      writeJson(this.path('provenance.json'), this.#provenance)
      // Written last: with it, the folder is a run.
      if (earlier === null) writeFileAtomic(this.path('config.yml'), header(purpose))
    }
    this.#events = new EventLog(this.path('events.jsonl'))
  }

  /** A path below the folder. */
  path(...names: string[]): string {
    return join(this.folder, ...names)
  }

  /**
   * Appends to `events.jsonl` and tells the reporter.
   *
   * @throws {MachineError} when the disk is full.
   */
  event(event: RunEvent): void {
    this.#events.append(event)
    this.#purpose.reporter?.event(event)
  }

  /** How long `events.jsonl` is: a checkpoint keeps it, for {@link rewindEvents}. */
  get eventsLength(): number {
    return this.#events.length
  }

  /** Forgets the events after a checkpoint, which will happen again: nothing is told twice. */
  rewindEvents(length: number): void {
    this.#events.rewind(length)
  }

  /**
   * Writes down which data and which engine the run uses.
   *
   * @param data Digest of the data, such as the store's.
   * @throws {RunDirectoryError} when the run was begun with other data.
   */
  record({ data, engine }: { data?: string; engine?: string }): void {
    const before = this.#provenance.data
    if (data !== undefined && before !== null && before !== data) {
      throw new RunDirectoryError(
        `run: ${this.folder} was begun with data of digest ${before}, and the data now has ${data}. ${startOver(this.folder)}`,
      )
    }
    const last = this.#provenance.sessions.at(-1) ?? thisSession()
    const sessions = [
      ...this.#provenance.sessions.slice(0, -1),
      { ...last, engine: engine ?? last.engine },
    ]
    this.#provenance = { ...this.#provenance, data: data ?? before, sessions }
    writeJson(this.path('provenance.json'), this.#provenance)
  }

  /** Writes `result.json`: from now on the run is finished. */
  finish(result: VerbResult): void {
    const { figures, files } = result
    writeJson(this.path('result.json'), { verb: this.#purpose.verb, figures, files })
  }

  /** Gives the folder free for other processes. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#events.close()
    this.#lock.release()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close()
  }
}

function header({ verb, config }: RunPurpose): string {
  return `# The configuration of this run of phenoprint ${verb}, as resolved.\n${configToYaml(config)}`
}

function startOver(folder: string): string {
  return `Choose another folder (--set output=…), or delete ${folder} to start over.`
}

function refuseForeignFiles(folder: string): void {
  const ours = /^(lock|lock\..*|provenance\.json|events\.jsonl|shards)$/
  const foreign = readdirSync(folder).filter((name) => !ours.test(name))
  if (foreign.length === 0) return
  throw new RunDirectoryError(
    `run: ${folder} holds files but no run (no config.yml): ${foreign.slice(0, 5).join(', ')}. Choose an empty or new folder (--set output=…).`,
  )
}

function refuseAnotherRun(folder: string, purpose: RunPurpose, earlier: Provenance): void {
  if (earlier.verb !== purpose.verb) {
    throw new RunDirectoryError(
      `run: ${folder} holds a run of "${earlier.verb}", not of "${purpose.verb}". ${startOver(folder)}`,
    )
  }
  const differing = differences(purpose.verb, storedConfig(folder, earlier), purpose.config)
  if (differing.length === 0) return
  const list = differing.map(({ key, was, is }) => `${key} was ${show(was)}, is ${show(is)}`)
  throw new RunDirectoryError(
    `run: ${folder} holds a run of another configuration: ${list.join('; ')}. ${startOver(folder)}`,
  )
}

function storedConfig(folder: string, { sessions }: Provenance): Config {
  try {
    return loadConfig(join(folder, 'config.yml'))
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    throw new RunDirectoryError(
      `run: ${folder} holds a run with a configuration that this version (${codeVersion()}) cannot use; it was made with version ${sessions.at(-1)?.code}: ${cause.message} ${startOver(folder)}`,
      { cause },
    )
  }
}

function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value)
}

function provenanceOf(folder: string): Provenance {
  try {
    return readProvenance(folder)
  } catch (cause) {
    const path = join(folder, 'provenance.json')
    throw new RunDirectoryError(`run: ${path} is missing or cannot be read. ${startOver(folder)}`, {
      cause,
    })
  }
}

function readResult(path: string): VerbResult | null {
  if (!existsSync(path)) return null
  try {
    const { figures, files } = resultSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
    return { status: 'already done', figures, files }
  } catch (cause) {
    throw new RunDirectoryError(
      `run: ${path} cannot be read. Delete it, and the run goes on from its last checkpoint.`,
      { cause },
    )
  }
}
