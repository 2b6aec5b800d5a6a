import { z } from 'zod'

/** How several rows of logits become one. */
export const reductions = [
  'logitMean',
  'logitMedian',
  'probabilityMean',
  'probabilityMedian',
  'rankMean',
  'rankMedian',
] as const

const averagingStep = z.strictObject({
  level: z.enum(['tiles', 'symmetries', 'sites']).describe('What is averaged'),
  reduce: z.enum(reductions).default('logitMean').describe('How'),
  weights: z
    .record(z.string(), z.number().positive())
    .optional()
    .describe('Weight of each tile, symmetry or site by its name; without them all count alike'),
})

/** The levels at which the views of a unit are averaged. */
export const averaging = z
  .array(averagingStep)
  .refine((steps) => new Set(steps.map(({ level }) => level)).size === steps.length, {
    message: 'expected each level at most once',
  })
  .refine(
    (steps) => {
      const ranked = steps.findIndex(({ reduce }) => reduce.startsWith('rank'))
      return ranked === -1 || steps.slice(ranked).every(({ reduce }) => !reduce.startsWith('prob'))
    },
    { message: 'expected no average of probabilities behind one that gives ranks' },
  )
  .describe('Averages of a unit in their order; a level that is not named is off: its first counts')
