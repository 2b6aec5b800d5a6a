import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { configToYaml } from '../config/to-yaml.js'
import { MachineError, RunDirectoryError } from '../errors.js'
import { writeFileAtomic } from '../run/files.js'
import { finishedBefore } from '../run/finished-run.js'
import { Lock } from '../run/lock.js'
import { makeFolder } from '../run/make-folder.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { count } from '../words.js'
import type { Plan, Stage } from '../workflows/plan.js'
import { isRunVerb, isShardFinished, isStageFinished } from './finished.js'
import { type JobFolder, jobFolder, stageName } from './job-folder.js'
import { type Job, jobGraph } from './job-graph.js'
import {
  type Pipeline,
  readPipeline,
  type SubmittedJob,
  slurmId,
  tasksOf,
  writePipeline,
} from './pipeline.js'
import { jobScript } from './script.js'
import { shardCounts } from './shard-counts.js'
import { isActive, type SlurmStates, sbatch, sbatchOptions, slurmStates } from './slurm.js'

/**
 * Hands the stages of a plan to Slurm as jobs, each after those it needs. What is finished, or queued
 * already, is not submitted again.
 *
 * @param program Program and words that stand for `phenoprint` on the cluster's machines.
 * @param dryRun Says the scripts, and neither writes nor submits anything.
 * @throws {ConfigError} {ScreenError} for a fault in the files.
 * @throws {RunDirectoryError} when a finished run, or a job that is queued, is of another
 *   configuration, or the folder holds the jobs of another file.
 * @throws {MachineError} when Slurm is not there or refuses a job, or the disk is full.
 */
export async function submit(
  plan: Plan,
  program: readonly string[],
  dryRun: boolean,
  reporter: Reporter,
): Promise<VerbResult> {
  const files = jobFolder(plan.cluster.folder)
  const before = readPipeline(files)
  if (before !== null) refuseAnother(before, plan, files)
  const jobs = jobGraph(plan.stages, await countsOf(plan, before))
  const context = { cluster: plan.cluster, files, workingFolder: process.cwd(), program }
  const scripts = jobs.map((job) => jobScript(job, context))
  if (dryRun) return show(jobs, scripts, files, reporter)
  for (const { verb, config } of plan.stages) {
    if (isRunVerb(verb) && config.output !== undefined) {
      finishedBefore(config.output, { verb, config })
    }
  }
  makeFolder(
    files.folder,
    (reason) =>
      new RunDirectoryError(
        `slurm: ${files.folder} cannot be a folder: ${reason}. Set cluster.folder to another name.`,
      ),
  )
  using _lock = Lock.take(join(files.folder, 'lock'), 'phenoprint run --slurm')
  const submitted = jobs.map((job): SubmittedJob => {
    const earlier = before?.jobs.find(({ name }) => name === job.name)
    const { name, stage, shards, after } = job
    return { name, stage, shards, after: [...after], submissions: earlier?.submissions ?? [] }
  })
  const ids = submitted.flatMap(({ submissions }) => submissions.map(({ id }) => id))
  const pipeline: Pipeline = {
    version: 1,
    file: plan.file,
    stages: plan.stages.map(({ verb, file }) => ({ verb, file })),
    jobs: submitted,
  }
  const states = await slurmStates(ids)
  // Without an answer, jobs that are queued would be submitted a second time.
  if (states === null) {
    throw new MachineError(
      `slurm: squeue does not answer, so it is not known which of the jobs (${ids.length}) in ${files.state} are queued. Run this where jobs are submitted, once Slurm runs (sinfo).`,
    )
  }
  refuseChanged(jobs, submitted, plan, files, states)
  mkdirSync(join(files.folder, 'logs'), { recursive: true })
  mkdirSync(dirname(files.record('any', null)), { recursive: true })
  return await submitMissing({ jobs, scripts, plan, pipeline, files, states, reporter })
}

interface Submission {
  readonly jobs: readonly Job[]
  readonly scripts: readonly string[]
  readonly plan: Plan
  readonly pipeline: Pipeline
  readonly files: JobFolder
  readonly states: SlurmStates
  readonly reporter: Reporter
}

async function submitMissing(submission: Submission): Promise<VerbResult> {
  const { jobs, scripts, plan, pipeline, files, states, reporter } = submission
  /** Numbers of what is queued or runs, by job. */
  const waitingFor = new Map<string, Set<string>>()
  const counts = { submitted: 0, queued: 0, done: 0 }
  for (const [index, job] of jobs.entries()) {
    reporter.signal.throwIfAborted()
    const record = pipeline.jobs[index]
    const stage = plan.stages[job.stage]
    if (record === undefined || stage === undefined) continue
    const missing = missingTasks(job, stage, files)
    if (missing.length === 0) {
      counts.done++
      reporter.say(`${job.name}: was done already`)
      continue
    }
    const ids = missing.map((task) => slurmId(record, task))
    const isQueued = (id: string | null) => id !== null && isActive(states.get(id) ?? '')
    const wanted = missing.filter((_, i) => !isQueued(ids[i] ?? null))
    const current = new Set(ids.filter(isQueued).map((id) => id?.split('_')[0] ?? ''))
    waitingFor.set(job.name, current)
    if (wanted.length === 0) {
      counts.queued++
      reporter.say(`${job.name}: is queued already, job ${[...current].join(', ')}`)
      continue
    }
    const name = stageName(job.name)
    writeFileAtomic(files.config(name), configToYaml(stage.config))
    writeFileAtomic(files.script(job.name), scripts[index] ?? '')
    const tasks = job.shards === null ? null : wanted.flatMap((task) => task ?? [])
    const after = [...new Set(job.after.flatMap((earlier) => [...(waitingFor.get(earlier) ?? [])]))]
    const id = await sbatch(files.script(job.name), { tasks, after })
    record.submissions.push({ id, tasks })
    current.add(id)
    counts.submitted++
    writePipeline(files, pipeline)
    const size = tasks === null ? '' : ` of ${count(tasks.length, 'task')}`
    const then = after.length === 0 ? '' : `, after ${after.join(', ')}`
    reporter.say(`${job.name}: submitted as job ${id}${size}${then}`)
    reporter.event({ type: 'job', name: job.name, id, tasks, after })
  }
  writePipeline(files, pipeline)
  reporter.say(`See: phenoprint status ${plan.cluster.folder}`)
  const idle = counts.submitted === 0 && counts.queued === 0
  return { status: idle ? 'already done' : 'done', figures: counts, files: [files.state] }
}

/** Tasks of a job that are not finished; none once its stage is. */
function missingTasks(job: Job, { verb, config }: Stage, files: JobFolder): (number | null)[] {
  if (isStageFinished(verb, stageName(job.name), config, files)) return []
  return tasksOf(job).filter((task) => task === null || !isShardFinished(job, task, config, files))
}

function show(
  jobs: readonly Job[],
  scripts: readonly string[],
  files: JobFolder,
  reporter: Reporter,
): VerbResult {
  for (const [index, job] of jobs.entries()) {
    const tasks = job.shards === null ? null : [...Array(job.shards).keys()]
    const words = sbatchOptions(
      tasks,
      job.after.map((name) => `<${name}>`),
    )
    reporter.say(`# sbatch ${[...words, files.script(job.name)].join(' ')}`)
    reporter.say(scripts[index] ?? '')
  }
  const graph = jobs.map(({ name, verb, shards, after }) => ({ name, verb, shards, after }))
  return { status: 'done', figures: { jobs: graph }, files: [] }
}

/** A pipeline keeps its division into shards: those of two divisions do not fit together. */
async function countsOf(plan: Plan, before: Pipeline | null): Promise<number[]> {
  const counts = await shardCounts(plan)
  return counts.map((fresh, stage) => {
    const earlier = before?.jobs.find((job) => job.stage === stage && job.shards !== null)
    return earlier?.shards ?? fresh
  })
}

function refuseAnother(before: Pipeline, plan: Plan, { folder }: JobFolder): void {
  const same =
    before.file === plan.file &&
    before.stages.every(({ verb }, index) => verb === plan.stages[index]?.verb)
  if (same) return
  throw new RunDirectoryError(
    `slurm: ${folder} holds the jobs of ${before.file} (${before.stages.map(({ verb }) => verb).join(', ')}), not those of ${plan.file} as it is now. Set cluster.folder to another folder, or delete this one once none of its jobs is queued.`,
  )
}

/** A job reads its configuration when it starts: that of one which waits or runs stays as it is. */
function refuseChanged(
  jobs: readonly Job[],
  submitted: readonly SubmittedJob[],
  plan: Plan,
  files: JobFolder,
  states: SlurmStates,
): void {
  for (const [index, job] of jobs.entries()) {
    const record = submitted[index]
    const stage = plan.stages[job.stage]
    const path = files.config(stageName(job.name))
    if (record === undefined || stage === undefined || !existsSync(path)) continue
    const active = tasksOf(job)
      .flatMap((task) => slurmId(record, task) ?? [])
      .filter((id) => isActive(states.get(id) ?? ''))
    if (active.length === 0 || readFileSync(path, 'utf8') === configToYaml(stage.config)) continue
    throw new RunDirectoryError(
      `slurm: ${job.name} is queued or runs with another configuration (${path}). Wait until it ends, or cancel it first: scancel ${active.join(' ')}`,
    )
  }
}
