import { UsageError } from '../errors.js'

/** Which of the processes of one run this is, and where they meet. */
export interface RankPlace {
  readonly rank: number
  readonly size: number
  /** Processes of this run on this machine, and which of them this is. */
  readonly localSize: number
  readonly localRank: number
  readonly address: string
  readonly port: number
  /** Whether this process holds the store in which ranks find each other. */
  readonly serves: boolean
  /** Tells this start from earlier ones in the same store. */
  readonly start: string
}

type Environment = Readonly<Record<string, string | undefined>>

const firstSlurmPort = 20_000
const slurmPorts = 20_000

/**
 * What torchrun (or `phenoprint train --ranks`), or Slurm's `srun`, says of this process; null where it is the
 * only one.
 *
 * @throws {UsageError} when the variables contradict each other.
 */
export function rankPlace(environment: Environment = process.env): RankPlace | null {
  if (environment.WORLD_SIZE !== undefined && environment.RANK !== undefined) {
    return whereSeveral(ofTorchrun(environment))
  }
  // Set by srun alone: a batch script that asked for several tasks is itself only one process.
  if (environment.SLURM_STEP_NUM_TASKS !== undefined) return whereSeveral(ofSlurm(environment))
  return null
}

function whereSeveral(place: RankPlace): RankPlace | null {
  if (place.rank >= place.size) {
    throw new UsageError(
      `ranks: this process is rank ${place.rank} of ${place.size}; expected one from 0 to ${place.size - 1}.`,
    )
  }
  return place.size === 1 ? null : place
}

function ofTorchrun(environment: Environment): RankPlace {
  const size = number(environment, 'WORLD_SIZE', 1)
  const rank = number(environment, 'RANK', 0)
  return {
    rank,
    size,
    localSize: environment.LOCAL_WORLD_SIZE ? number(environment, 'LOCAL_WORLD_SIZE', 1) : 1,
    localRank: environment.LOCAL_RANK ? number(environment, 'LOCAL_RANK', 0) : 0,
    address: environment.MASTER_ADDR || '127.0.0.1',
    port: number(environment, 'MASTER_PORT', 1),
    // torchrun keeps the store itself, over all restarts.
    serves: rank === 0 && environment.TORCHELASTIC_USE_AGENT_STORE !== 'True',
    start: environment.TORCHELASTIC_RESTART_COUNT || '0',
  }
}

function ofSlurm(environment: Environment): RankPlace {
  const rank = number(environment, 'SLURM_PROCID', 0)
  const job = number(environment, 'SLURM_JOB_ID', 0)
  const { MASTER_ADDR, MASTER_PORT, SLURM_STEP_NODELIST, SLURM_STEP_TASKS_PER_NODE } = environment
  return {
    rank,
    size: number(environment, 'SLURM_STEP_NUM_TASKS', 1),
    localSize: Number.parseInt(SLURM_STEP_TASKS_PER_NODE ?? '1', 10) || 1,
    localRank: environment.SLURM_LOCALID ? number(environment, 'SLURM_LOCALID', 0) : 0,
    address: MASTER_ADDR || firstHost(SLURM_STEP_NODELIST ?? ''),
    port: MASTER_PORT ? number(environment, 'MASTER_PORT', 1) : firstSlurmPort + (job % slurmPorts),
    serves: rank === 0,
    start: environment.SLURM_RESTART_COUNT || '0',
  }
}

/** The first machine of Slurm's list: `node07` of `node[07-09,12],gpu1`. */
export function firstHost(list: string): string {
  const first = /^([^[,]+)(?:\[(\d+))?/.exec(list)
  if (first === null) {
    throw new UsageError(
      `ranks: SLURM_STEP_NODELIST is "${list}", expected the names of machines. Set MASTER_ADDR to the first one.`,
    )
  }
  return `${first[1]}${first[2] ?? ''}`
}

function number(environment: Environment, name: string, least: number): number {
  const text = environment[name]
  const value = Number(text)
  if (text !== undefined && /^\d{1,10}$/.test(text) && value >= least) return value
  throw new UsageError(
    `ranks: ${name} is ${text === undefined ? 'not set' : `"${text}"`}, expected a whole number of at least ${least}, as torchrun or srun sets it. For one process, unset RANK and WORLD_SIZE.`,
  )
}
