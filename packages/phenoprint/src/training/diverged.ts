import { existsSync } from 'node:fs'
import { DivergedError } from '../errors.js'
import { checkpointFile } from '../models/checkpoint-path.js'

/** Name of the checkpoint that a diverged training leaves behind. */
export const divergedCheckpoint = 'diverged'

/**
 * Training that has left the numbers, or runs away from them.
 *
 * @param what What is wrong, where, and what was expected: `the loss is NaN in epoch 3, step 17, expected a finite number`.
 * @param folder The folder of the training.
 */
export function diverged(what: string, folder: string, cause?: unknown): DivergedError {
  return new DivergedError(
    `training: ${what}. ${whatIsKept(folder)} Lower training.optimiser.learningRate, lengthen training.schedule.warmup, set training.clipNorm or choose precision fp32, and train into a new output folder.`,
    { cause },
  )
}

function whatIsKept(folder: string): string {
  const now = `The weights as they are now are in ${checkpointFile(folder, divergedCheckpoint)}, to look at.`
  const last = checkpointFile(folder, 'last')
  const best = checkpointFile(folder, 'best')
  if (!existsSync(last)) {
    return `${now} There is no good checkpoint: one is kept after each whole epoch, and there was none.`
  }
  const good = existsSync(best) ? `${last}, the best epoch's in ${best}` : last
  return `${now} The last good weights, of the end of an epoch, are in ${good}.`
}
