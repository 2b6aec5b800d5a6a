import { join, resolve } from 'node:path'

/** The files of a pipeline on a cluster, all below one folder. */
export interface JobFolder {
  readonly folder: string
  readonly state: string
  readonly config: (stage: string) => string
  readonly script: (job: string) => string
  readonly log: (job: string, task: number | null) => string
  /** Exit code of a job that ended by itself; it is gone while the job runs. */
  readonly record: (job: string, task: number | null) => string
}

export function jobFolder(path: string): JobFolder {
  const folder = resolve(path)
  const numbered = (job: string, task: number | null) => (task === null ? job : `${job}-${task}`)
  return {
    folder,
    state: join(folder, 'pipeline.json'),
    config: (stage) => join(folder, 'configs', `${stage}.yml`),
    script: (job) => join(folder, 'scripts', `${job}.sh`),
    log: (job, task) => join(folder, 'logs', `${numbered(job, task)}.log`),
    record: (job, task) => join(folder, 'records', `${numbered(job, task)}.exit`),
  }
}

/** The name of the stage of a job: that of an array without its ending. */
export function stageName(job: string): string {
  return job.replace(/-shards$/, '')
}
