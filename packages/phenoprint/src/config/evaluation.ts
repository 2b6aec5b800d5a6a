import { z } from 'zod'
import { averaging, reductions } from './averaging.js'
import { precision } from './precision.js'

/** Sections of the verbs that look at predictions: how good they are, and which to take together. */
const name = z.string().min(1)
const splits = z
  .array(z.enum(['train', 'validation', 'test']))
  .min(1)
  .default(['validation', 'test'])
  .describe('Which units')

export const evaluation = z
  .strictObject({
    from: z.array(name).min(1).describe('Run directories of infer, ensemble or assign'),
    splits,
    averaging: averaging.default([
      { level: 'tiles', reduce: 'logitMean' },
      { level: 'symmetries', reduce: 'logitMean' },
      { level: 'sites', reduce: 'logitMean' },
    ]),
    resamples: z
      .int()
      .min(100)
      .default(1000)
      .describe('How many times experiments are drawn again'),
    level: z.number().gt(0).lt(1).default(0.95).describe('Share of the draws within the interval'),
  })
  .describe('Figures of each step from single views to calls')

export const choose = z
  .strictObject({
    members: z
      .array(name)
      .min(2)
      .max(12)
      .describe('Runs to choose from: every subset of them is judged, for each cell type'),
    split: z
      .enum(['validation', 'test'])
      .default('validation')
      .describe('Split whose labels subsets are judged on'),
    reduce: z
      .enum(reductions)
      .default('logitMean')
      .describe('How members become one row a unit, with equal weights'),
    most: z.int().positive().default(12).describe('Members of a subset at most'),
    by: z.enum(['loss', 'accuracy']).default('accuracy').describe('What the score is'),
    diversity: z
      .enum(['disagreement', 'yulesQ', 'ambiguity'])
      .default('disagreement')
      .describe(
        'disagreement: share of units called differently; yulesQ: of being right together; ambiguity: what averaging takes off the loss',
      ),
    splits: z
      .array(z.enum(['train', 'validation', 'test']))
      .min(1)
      .default(['validation', 'test'])
      .describe('Which units the two picks are averaged on'),
  })
  .describe('Which runs to average: two picks')

export const embed = z
  .strictObject({
    from: name.describe('Run directory of train or fine-tune'),
    checkpoint: z
      .enum(['best', 'bestByCellType', 'last'])
      .default('best')
      .describe('Which epoch of the run (fine-tuned runs: of each cell type)'),
    correct: z
      .enum(['none', 'centre', 'whiten'])
      .default('centre')
      .describe(
        "centre: less the mean of the plate's reference wells; whiten: then scaled by how these vary (typical variation normalisation)",
      ),
    reference: z
      .enum(['negativeControls', 'controls', 'all'])
      .default('negativeControls')
      .describe('Wells that plates are corrected by'),
    ridge: z
      .number()
      .min(0)
      .default(0.01)
      .describe('whiten: share of the mean variance that is added to each variance'),
    batchSize: z.int().positive().default(64).describe('Tiles at once'),
    precision: precision('What convolutions multiply; fp16 is for CUDA'),
  })
  .describe('What a network makes of each unit before it names a class')
