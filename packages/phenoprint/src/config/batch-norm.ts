import { z } from 'zod'

/** Where batch norm's mean and variance come from when a network predicts. */
export const predictionNorm = z
  .strictObject({
    statistics: z
      .enum(['running', 'batch', 'plate', 'experiment'])
      .default('running')
      .describe(
        'running: those of training; batch: those of the batch itself, views of one plate drawn together; plate, experiment: taken in a pass over all views that are predicted of it',
      ),
    controls: z
      .int()
      .nonnegative()
      .default(0)
      .describe(
        'With each batch go so many views of negative controls of its plate, for its statistics alone',
      ),
  })
  .prefault({})
  .describe("Batch norm's statistics in prediction")
