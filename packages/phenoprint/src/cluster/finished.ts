import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { shardFolder } from '../run/shard.js'
import type { RunVerb } from '../run/verbs.js'
import { screenFile } from '../store/stored-screen.js'
import type { Stage } from '../workflows/plan.js'
import type { JobFolder } from './job-folder.js'
import type { Job } from './job-graph.js'
import { stagePaths } from './stage-paths.js'

/** Exit code of a job or task that ended by itself; null while there is none. */
export function recordedCode(files: JobFolder, job: string, task: number | null): number | null {
  const path = files.record(job, task)
  return existsSync(path) ? Number(readFileSync(path, 'utf8')) : null
}

/** Whether a verb keeps a run directory: then that says whether it is finished. */
export function isRunVerb(verb: Stage['verb']): verb is RunVerb {
  return !(verb === 'simulate' || verb === 'preprocess' || verb === 'audit' || verb === 'export')
}

/** The run directory in which a task works; null where it has none. */
export function runFolder(
  { verb, shards }: Pick<Job, 'verb' | 'shards'>,
  task: number | null,
  { output }: Config,
): string | null {
  if (!isRunVerb(verb) || output === undefined) return null
  return shards === null || task === null
    ? output
    : shardFolder(output, { index: task, count: shards })
}

/** Whether a stage needs nothing any more, whoever did it. */
export function isStageFinished(
  verb: Stage['verb'],
  name: string,
  config: Config,
  files: JobFolder,
): boolean {
  if (isRunVerb(verb)) return existsSync(join(config.output ?? '', 'result.json'))
  if (verb === 'preprocess') return existsSync(join(config.store?.path ?? '', screenFile))
  const made = stagePaths({ verb, config }).writes.every((path) => existsSync(path))
  return made && recordedCode(files, name, null) === 0
}

/** Whether a task of an array is finished, though its stage may not be. */
export function isShardFinished(
  job: Pick<Job, 'name' | 'verb' | 'shards'>,
  task: number,
  config: Config,
  files: JobFolder,
): boolean {
  const folder = runFolder(job, task, config)
  if (folder !== null) return existsSync(join(folder, 'result.json'))
  return recordedCode(files, job.name, task) === 0
}
