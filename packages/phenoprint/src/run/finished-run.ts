import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { loadConfig } from '../config/load.js'
import { ConfigError, EarlierRunError } from '../errors.js'
import { codeVersion, type Provenance, readProvenance } from './provenance.js'
import type { VerbResult } from './reporter.js'
import { RunDirectory, type RunPurpose } from './run-directory.js'
import type { RunVerb } from './verbs.js'

/**
 * What a finished run gave back, if the folder holds one. Verbs look here before they check what they
 * need, and open their run directory after it: a mistake in the configuration leaves no half-begun
 * run behind, and a finished one needs nothing any more.
 *
 * @throws {RunDirectoryError} when the folder holds another run.
 */
export function finishedBefore(folder: string, purpose: RunPurpose): VerbResult | null {
  if (!existsSync(join(folder, 'result.json'))) return null
  using run = RunDirectory.open(folder, purpose)
  return run.finished
}

/** A run that another verb builds on. */
export interface FinishedRun {
  readonly folder: string
  readonly verb: string
  readonly config: Config
  /** Digest of the store that it read, where it wrote it down. */
  readonly data: string | null
}

/**
 * Reads what a finished run was.
 *
 * @param key The configuration's key that names the folder, for messages.
 * @param verbs What the run may be a run of.
 * @throws {EarlierRunError} when there is no run, it is of another verb or version, or it is not finished.
 */
export function finishedRun(folder: string, key: string, verbs: readonly RunVerb[]): FinishedRun {
  const expected = verbs.join(' or ')
  if (!existsSync(join(folder, 'config.yml'))) {
    throw new EarlierRunError(
      `${key}: there is no run in ${folder} (no config.yml), expected a finished run of ${expected}. Check the path, or run phenoprint ${verbs[0]} first.`,
    )
  }
  const provenance = provenanceOf(folder, key)
  const { verb, data } = provenance
  if (!verbs.some((name) => name === verb)) {
    throw new EarlierRunError(
      `${key}: ${folder} holds a run of ${verb}, expected one of ${expected}. Name another folder.`,
    )
  }
  if (!existsSync(join(folder, 'result.json'))) {
    throw new EarlierRunError(
      `${key}: the run of ${verb} in ${folder} is not finished (no result.json). Run phenoprint ${verb} with its configuration again: it goes on where it stopped.`,
    )
  }
  return { folder, verb, data, config: configOf(folder, key, provenance) }
}

function provenanceOf(folder: string, key: string): Provenance {
  try {
    return readProvenance(folder)
  } catch (cause) {
    throw new EarlierRunError(
      `${key}: ${join(folder, 'provenance.json')} is missing or cannot be read, so it is not known what ${folder} holds. Run its command again in another folder.`,
      { cause },
    )
  }
}

/** What a run wrote fits the version that wrote it: a key that is unknown here is of another one. */
function configOf(folder: string, key: string, { verb, sessions }: Provenance): Config {
  try {
    return loadConfig(join(folder, 'config.yml'))
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause
    throw new EarlierRunError(
      `${key}: the run of ${verb} in ${folder} has a configuration that this version (${codeVersion()}) cannot use; it was made with version ${sessions.at(-1)?.code}: ${cause.message} Run phenoprint ${verb} again in another folder, or use that version.`,
      { cause },
    )
  }
}
