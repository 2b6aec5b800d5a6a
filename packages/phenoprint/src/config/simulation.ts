import { z } from 'zod'

/** Settings of the synthetic screen. See `docs/guide/simulate.md` for what is known of the real one. */
export const simulation = z
  .strictObject({
    folder: z.string().min(1).describe('Folder to write: images and CSVs in the RxRx1 layout'),
    seed: z.int().nonnegative().default(1).describe('Seed of every pixel'),
  })
  .describe('The synthetic screen')
