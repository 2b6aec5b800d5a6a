import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import { loadConfig } from '../config/load.js'
import { stages } from '../config/sections.js'
import { RunDirectoryError, UsageError } from '../errors.js'
import { writeJson } from '../run/files.js'
import type { Stage } from '../workflows/plan.js'
import { type JobFolder, jobFolder } from './job-folder.js'
import type { Job } from './job-graph.js'

const jobSchema = z.object({
  name: z.string(),
  stage: z.int(),
  shards: z.int().nullable(),
  after: z.array(z.string()),
  /** Numbers that Slurm gave, with the tasks submitted under each; the last one of a task counts. */
  submissions: z.array(z.object({ id: z.string(), tasks: z.array(z.int()).nullable() })),
})

const pipelineSchema = z.object({
  version: z.literal(1),
  /** The file of the run. */
  file: z.string(),
  stages: z.array(z.object({ verb: stages.element.shape.verb, file: z.string() })),
  jobs: z.array(jobSchema),
})

/** What was submitted: `pipeline.json` in the cluster's folder. */
export type Pipeline = z.output<typeof pipelineSchema>
/** A job and what Slurm was asked for. */
export type SubmittedJob = Pipeline['jobs'][number]

/** @throws {RunDirectoryError} when it is of another version, or damaged. */
export function readPipeline({ state, folder }: JobFolder): Pipeline | null {
  if (!existsSync(state)) return null
  try {
    return pipelineSchema.parse(JSON.parse(readFileSync(state, 'utf8')))
  } catch (cause) {
    throw new RunDirectoryError(
      `slurm: ${state} cannot be read: it was written by another version, or changed. Set cluster.folder to another folder, or delete ${folder} once none of its jobs is queued.`,
      { cause },
    )
  }
}

/**
 * What a folder holds, for those who ask after it.
 *
 * @throws {UsageError} when nothing was submitted from there.
 */
export function requirePipeline(path: string): {
  readonly files: JobFolder
  readonly pipeline: Pipeline
} {
  const files = jobFolder(path)
  const pipeline = readPipeline(files)
  if (pipeline !== null) return { files, pipeline }
  throw new UsageError(
    `status: ${path} holds no submitted pipeline (no pipeline.json), expected the folder that phenoprint run --slurm named (cluster.folder, by default slurm).`,
  )
}

export function writePipeline({ state }: JobFolder, pipeline: Pipeline): void {
  writeJson(state, pipeline)
}

/** The number of the job, and within it of the task, that last stood for a task. */
export function slurmId(job: SubmittedJob, task: number | null): string | null {
  const last = job.submissions.findLast(({ tasks }) =>
    task === null ? tasks === null : tasks?.includes(task),
  )
  if (last === undefined) return null
  return task === null ? last.id : `${last.id}_${task}`
}

/** All tasks of a job; a single null where it is no array. */
export function tasksOf({ shards }: Pick<Job, 'shards'>): (number | null)[] {
  return shards === null ? [null] : Array.from({ length: shards }, (_, task) => task)
}

/** The configuration with which a stage was submitted. */
export function submittedConfig(files: JobFolder, stage: string): Stage['config'] {
  return loadConfig(files.config(stage))
}
