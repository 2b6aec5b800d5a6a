import { DivergedError } from '../errors.js'
import { checkpointFile } from '../models/checkpoint-path.js'

/** Name of the checkpoint that a diverged training leaves behind. */
export const divergedCheckpoint = 'diverged'

/**
 * Training that has left the numbers.
 *
 * @param what What is not finite, and where: `the loss is NaN in epoch 3, step 17`.
 * @param folder The folder of the training.
 */
export function diverged(what: string, folder: string, cause?: unknown): DivergedError {
  return new DivergedError(
    `training: ${what}, expected a finite number. The weights are kept in ${checkpointFile(folder, divergedCheckpoint)}. Lower training.optimiser.learningRate, lengthen training.schedule.warmup or choose precision fp32, and train into a new output folder.`,
    { cause },
  )
}
