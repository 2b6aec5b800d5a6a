import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { errorCode } from '../error-code.js'
import { MachineError } from '../errors.js'
import { lastLine } from './last-error.js'

const runProgram = promisify(execFile)

/** State of a job or of a task of an array, by `12` or `12_3`: `PENDING`, `RUNNING`, `FAILED`, … */
export type SlurmStates = ReadonlyMap<string, string>

/** States of what will still run, or does. */
export function isActive(state: string): boolean {
  return /^(PENDING|RUNNING|CONFIGURING|COMPLETING|SUSPENDED|REQUEUED|REQUEUE_\w+|STOPPED|RESIZING|SIGNALING|STAGE_OUT)$/.test(
    state,
  )
}

/**
 * Hands a script to Slurm.
 *
 * @param tasks Of the array, or null where it is none.
 * @param after Numbers of the jobs that must succeed first.
 * @returns the job's number.
 * @throws {MachineError} when Slurm is not there, or refuses.
 */
export async function sbatch(
  script: string,
  { tasks, after }: { readonly tasks: readonly number[] | null; readonly after: readonly string[] },
): Promise<string> {
  const output = await call('sbatch', ['--parsable', ...sbatchOptions(tasks, after), script])
  return output.trim().split(';')[0] ?? ''
}

/** What differs from one submission of a script to the next. */
export function sbatchOptions(
  tasks: readonly number[] | null,
  after: readonly string[],
): readonly string[] {
  return [
    ...(tasks === null ? [] : [`--array=${tasks.join(',')}`]),
    ...(after.length === 0 ? [] : [`--dependency=afterok:${after.join(':')}`]),
  ]
}

/**
 * What Slurm knows of jobs: those in its memory by `squeue`, older ones by `sacct` where the cluster
 * keeps accounts.
 *
 * @returns null where there is no Slurm here.
 */
export async function slurmStates(ids: readonly string[]): Promise<SlurmStates | null> {
  if (ids.length === 0) return new Map()
  const wanted = new Set(ids)
  const queue = await ask('squeue', [
    '--me',
    '--noheader',
    '--array',
    '--states=all',
    '--format=%i|%T',
  ])
  if (queue === null) return null
  const accounts = await ask('sacct', [
    ...['--noheader', '--parsable2', '--allocations', '--array', `--jobs=${ids.join(',')}`],
    '--format=JobID,State',
  ])
  const states = new Map<string, string>()
  // What squeue says is newer.
  for (const line of [...(accounts ?? '').split('\n'), ...queue.split('\n')]) {
    const [id = '', state = ''] = line.split('|')
    const [job = ''] = id.split('_')
    // `CANCELLED by 1000`
    if (wanted.has(job)) states.set(id, state.split(' ')[0] ?? '')
  }
  return states
}

/** What a program of Slurm answers; null where it does not. */
async function ask(program: string, words: readonly string[]): Promise<string | null> {
  try {
    return await call(program, words)
  } catch (error) {
    if (error instanceof MachineError) return null
    throw error
  }
}

async function call(program: string, words: readonly string[]): Promise<string> {
  try {
    return (await runProgram(program, [...words], { maxBuffer: 2 ** 26 })).stdout
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') {
      throw new MachineError(
        `slurm: there is no ${program} here. Run this on a machine from which jobs are submitted, or without --slurm.`,
        { cause },
      )
    }
    const said = cause instanceof Error && 'stderr' in cause ? lastLine(String(cause.stderr)) : null
    throw new MachineError(
      `slurm: ${program} ${words.join(' ')} failed: ${said ?? String(cause)}. Check "cluster" in the configuration, and that Slurm runs (sinfo).`,
      { cause },
    )
  }
}
