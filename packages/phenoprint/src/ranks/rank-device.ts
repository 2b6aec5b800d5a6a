import type { RankPlace } from './rank-place.js'

/** Where a rank computes, and whether no other rank of its machine does there; undefined on the CPU. */
export interface RankDevice {
  readonly device: string
  readonly ownGpu?: boolean
}

/**
 * The device of a rank: with `cuda` the ranks of a machine take its GPUs in turn; a device that names its GPU is
 * that of all.
 *
 * @param device as configured.
 * @param devices that the engine sees here.
 */
export function rankDevice(
  device: string,
  { localRank, localSize }: Pick<RankPlace, 'localRank' | 'localSize'>,
  devices: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): RankDevice {
  if (device === 'cpu') return { device }
  const gpus = devices.filter((one) => one.startsWith('cuda:'))
  const turn = gpus[localRank % gpus.length]
  if (device !== 'cuda' || turn === undefined) return { device, ownGpu: localSize === 1 }
  // With --gpus-per-task Slurm shows each task its own alone.
  const shown = environment.SLURM_GPUS_PER_TASK !== undefined
  return { device: turn, ownGpu: shown || localSize <= gpus.length }
}
