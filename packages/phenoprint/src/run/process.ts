import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { errorCode } from '../error-code.js'

/** A process, told apart from any other that ever had or will have its number. */
export interface ProcessIdentity {
  readonly host: string
  /** Changes with every start of the machine; empty where the system does not tell. */
  readonly boot: string
  /** The namespace in which the number counts (containers); empty where there is none. */
  readonly namespace: string
  readonly pid: number
  /** In the kernel's ticks since the machine started; empty where the system does not tell. */
  readonly start: string
  /** Number of its Slurm job and how often that was queued again, `12.1`; empty outside of one. */
  readonly job: string
}

/** This process. */
export function thisProcess(): ProcessIdentity {
  return {
    host: hostname(),
    boot: readLine('/proc/sys/kernel/random/boot_id'),
    namespace: pidNamespace(),
    pid: process.pid,
    start: startOf(process.pid),
    job: slurmJob(),
  }
}

/**
 * Whether a process runs: `unknown` when it belongs to another machine or container, where it
 * cannot be seen from here.
 */
export function stateOf(other: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  const here = thisProcess()
  if (isEarlierStart(other.job, here.job)) return 'dead'
  if (other.host === here.host && other.boot !== here.boot) return 'dead'
  if (other.boot !== here.boot || other.namespace !== here.namespace) return 'unknown'
  if (other.boot === '' && other.host !== here.host) return 'unknown'
  try {
    process.kill(other.pid, 0)
  } catch (error) {
    // EPERM: it is there and belongs to somebody else.
    if (errorCode(error) !== 'EPERM') return 'dead'
  }
  return other.start === startOf(other.pid) ? 'alive' : 'dead'
}

/** Slurm ends a job everywhere before it starts it again, on whatever machine. */
function isEarlierStart(other: string, here: string): boolean {
  const [job, restarts] = other.split('.')
  const [ownJob, ownRestarts] = here.split('.')
  return other !== '' && job === ownJob && Number(restarts) < Number(ownRestarts)
}

function slurmJob(): string {
  const { SLURM_JOB_ID, SLURM_RESTART_COUNT } = process.env
  return SLURM_JOB_ID ? `${SLURM_JOB_ID}.${SLURM_RESTART_COUNT || 0}` : ''
}

function startOf(pid: number): string {
  const status = readLine(`/proc/${pid}/stat`)
  // The second field, the program's name, may hold spaces and brackets: count from its end.
  const fields = status.slice(status.lastIndexOf(')') + 2).split(' ')
  // A zombie has ended: only its parent has not asked how yet.
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '')
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

function readLine(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
