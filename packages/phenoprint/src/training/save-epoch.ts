import { type CheckpointState, copyCheckpoint, saveCheckpoint } from '../models/checkpoint.js'
import { bestOf, checkpointFile } from '../models/checkpoint-path.js'
import type { Network } from '../models/network.js'
import type { EpochVerdict } from './early-stopping.js'

/**
 * Saves an epoch as `last`, and as `best` and `best-<cellType>` where it is the best so far.
 *
 * @throws {MachineError} when the disk is full.
 */
export function saveEpoch(
  folder: string,
  network: Network,
  checkpoint: CheckpointState,
  verdict: EpochVerdict | null,
): void {
  const last = checkpointFile(folder, 'last')
  saveCheckpoint(last, network, checkpoint)
  if (verdict?.bestOverall) copyCheckpoint(last, checkpointFile(folder, 'best'))
  for (const cellType of verdict?.bestCellTypes ?? []) {
    copyCheckpoint(last, checkpointFile(folder, bestOf(cellType)))
  }
}
