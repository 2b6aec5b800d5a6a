import type { Config } from '../config/config.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import type { VerbName } from '../workflows/verbs.js'
import { isShardFinished, isStageFinished, recordedCode, runFolder } from './finished.js'
import type { JobFolder } from './job-folder.js'
import { stageName } from './job-folder.js'
import { lastError } from './last-error.js'
import {
  type Pipeline,
  requirePipeline,
  type SubmittedJob,
  slurmId,
  submittedConfig,
  tasksOf,
} from './pipeline.js'
import { progressOf } from './progress.js'
import { isActive, type SlurmStates, slurmStates } from './slurm.js'

/** How a job, or a task of its array, stands. */
export type TaskState =
  | 'done'
  | 'running'
  | 'queued'
  | 'failed'
  | 'cancelled'
  | 'not started'
  | 'not submitted'
  | 'unknown'

/** A job or a task, and why it stands so. */
export interface TaskStatus {
  readonly job: string
  /** In its array; null where it is none. */
  readonly task: number | null
  /** Slurm's number, `12` or `12_3`. */
  readonly id: string | null
  readonly state: TaskState
  /** What Slurm says, where it knows the job. */
  readonly slurm: string | null
  /** Where it runs: how far it is. */
  readonly progress: string | null
  /** Where it failed: the last error, and the file that holds it. */
  readonly error: string | null
  readonly log: string | null
}

/**
 * Says how the jobs stand that were submitted from a folder: their states in Slurm, progress and time
 * left from the run directories, and of failed ones the log and the last error.
 *
 * @param path The folder of the pipeline (`cluster.folder`).
 * @returns figures `{file, tasks}`, a {@link TaskStatus} for each job and task.
 * @throws {UsageError} when nothing was submitted from there.
 */
export async function status(path: string, reporter: Reporter): Promise<VerbResult> {
  const { files, pipeline } = requirePipeline(path)
  const ids = pipeline.jobs.flatMap(({ submissions }) => submissions.map(({ id }) => id))
  const states = await slurmStates(ids)
  if (states === null) {
    reporter.say('Slurm does not answer here: what follows is from the run directories alone.')
  }
  const tasks = statusOf(pipeline, files, states ?? new Map())
  for (const line of statusLines(pipeline, tasks)) reporter.say(line)
  return { status: 'done', figures: { file: pipeline.file, tasks }, files: [] }
}

/** How every job and task stands. */
export function statusOf(pipeline: Pipeline, files: JobFolder, states: SlurmStates): TaskStatus[] {
  const hopeless = new Set<string>()
  return pipeline.jobs.flatMap((job): TaskStatus[] => {
    const verb = pipeline.stages[job.stage]?.verb
    if (verb === undefined) return []
    const config = submittedConfig(files, stageName(job.name))
    const blocked = job.after.some((name) => hopeless.has(name))
    const found = tasksOf(job).map((task) =>
      taskStatus({ job: { ...job, verb }, task, config, files, states, blocked }),
    )
    if (found.some(({ state }) => !['done', 'running', 'queued'].includes(state))) {
      hopeless.add(job.name)
    }
    return found
  })
}

interface Asked {
  readonly job: SubmittedJob & { readonly verb: VerbName }
  readonly task: number | null
  readonly config: Config
  readonly files: JobFolder
  readonly states: SlurmStates
  /** Whether a job that it waits for has not succeeded, and is not about to. */
  readonly blocked: boolean
}

function taskStatus(asked: Asked): TaskStatus {
  const { job, task, config, files, states } = asked
  const id = slurmId(job, task)
  const slurm = id === null ? null : (states.get(id) ?? null)
  const state = stateOf(asked, id, slurm)
  const folder = runFolder(job, task, config)
  const log = files.log(job.name, task)
  const failed = state === 'failed' || state === 'unknown'
  return {
    ...{ job: job.name, task, id, state, slurm },
    progress: state === 'running' && folder !== null ? progressOf(folder) : null,
    error: failed ? lastError(log) : null,
    log: failed ? log : null,
  }
}

function stateOf(
  { job, task, config, files, blocked }: Asked,
  id: string | null,
  slurm: string | null,
): TaskState {
  if (isStageFinished(job.verb, stageName(job.name), config, files)) return 'done'
  if (task !== null && isShardFinished(job, task, config, files)) return 'done'
  if (id === null) return 'not submitted'
  if (slurm === 'RUNNING') return 'running'
  if (slurm !== null && isActive(slurm)) return 'queued'
  if (blocked) return 'not started'
  if (slurm === 'CANCELLED') return 'cancelled'
  const code = recordedCode(files, job.name, task)
  if (code !== null && code !== 0) return 'failed'
  // Ended without a word of its own: no memory, no time, a machine that went.
  return slurm !== null && slurm !== 'COMPLETED' ? 'failed' : 'unknown'
}

/** A line a job, indented by what it waits for; under it the tasks that did not go well. */
export function statusLines({ jobs }: Pipeline, tasks: readonly TaskStatus[]): string[] {
  const depth = new Map<string, number>()
  for (const { name, after } of jobs) {
    depth.set(name, Math.max(-1, ...after.map((earlier) => depth.get(earlier) ?? 0)) + 1)
  }
  const indent = (name: string) => '  '.repeat(depth.get(name) ?? 0)
  const width = Math.max(...jobs.map(({ name }) => (indent(name) + name).length))
  return jobs.flatMap(({ name, shards }) => {
    const own = tasks.filter(({ job }) => job === name)
    const title = (indent(name) + name).padEnd(width)
    const bad = own.filter(({ error, log }) => error !== null || log !== null)
    const below = bad.flatMap((one) => [
      `${' '.repeat(width)}    ${one.task === null ? '' : `task ${one.task}: `}${one.error ?? 'its log says nothing'}`,
      `${' '.repeat(width)}    log: ${one.log}`,
    ])
    return [`${title}  ${shards === null ? ofOne(own[0]) : ofMany(own)}`, ...below]
  })
}

function ofOne(status: TaskStatus | undefined): string {
  if (status === undefined) return ''
  const { state, id, slurm, progress } = status
  const detail = state === 'failed' && slurm !== null && slurm !== 'FAILED' ? ` (${slurm})` : ''
  const job = id !== null && state !== 'done' ? `, job ${id}` : ''
  return `${state}${detail}${job}${progress === null ? '' : `, ${progress}`}`
}

function ofMany(tasks: readonly TaskStatus[]): string {
  const states = [...new Set(tasks.map(({ state }) => state))]
  const words = states.map((state) => {
    const these = tasks.filter((task) => task.state === state).length
    return these === tasks.length ? `${state} (${these} tasks)` : `${these} ${state}`
  })
  const running = tasks.flatMap(({ task, progress }) =>
    progress === null ? [] : [`task ${task}: ${progress}`],
  )
  return [...words, ...running].join(', ')
}
