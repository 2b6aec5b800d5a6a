import { z } from 'zod'

/** The sections that say what a network is shown: which samples, and what is done to their pixels. */
export const symmetries = [
  'identity',
  'rot90',
  'rot180',
  'rot270',
  'flipX',
  'flipY',
  'transpose',
  'antitranspose',
] as const

const weight = z.number().nonnegative()

export const batches = z
  .strictObject({
    sampler: z
      .enum(['shuffled', 'balanced'])
      .default('shuffled')
      .describe(
        'shuffled: every site once an epoch; balanced: as many samples, of each class (or what balanceBy says) the same number',
      ),
    balanceBy: z
      .enum(['class', 'cellType', 'experiment'])
      .default('class')
      .describe('balanced: what is drawn equally often'),
    batchFrom: z
      .enum(['all', 'plate', 'experiment', 'cellType'])
      .default('all')
      .describe(
        'Whether a batch may mix everything, or comes from one plate, experiment or cell type',
      ),
    weights: z
      .strictObject({
        cellType: z.record(z.string(), weight).default({}).describe('{U2OS: 3}'),
        experiment: z.record(z.string(), weight).default({}).describe('{HUVEC-05: 0.5}'),
        role: z
          .strictObject({
            treatment: weight.optional().describe('Of treated wells'),
            negativeControl: weight.optional().describe('Of negative controls'),
            positiveControl: weight.optional().describe('Of positive controls'),
          })
          .default({})
          .describe('Where controls are classes'),
      })
      .prefault({})
      .describe(
        'How much more often than others a site is drawn, 1 without it; several are multiplied, 0 leaves out. An epoch has as many samples as there are sites all the same',
      ),
    symmetries: z
      .array(z.enum(symmetries))
      .min(1)
      .default([...symmetries])
      .describe('Symmetries of the square drawn from in training'),
    controls: z
      .union([z.boolean(), z.literal('all')])
      .default(false)
      .describe(
        'Train on control wells too, as further classes: true: those of groups that are trained on; all: those of validation and test groups too; false: controls only serve normalisation and pairs',
      ),
    normControls: z
      .int()
      .nonnegative()
      .default(0)
      .describe(
        'With each batch go so many views of negative controls of its plate, for the statistics of batch norm alone; needs batchFrom: plate',
      ),
    pairs: z
      .enum(['none', 'control', 'negativeControl'])
      .default('none')
      .describe(
        "Beside each tile a random tile of a control (any, or a negative one) of its plate: the network takes both, one's channels after the other's, and learns both classes (training.loss.controlWeight)",
      ),
  })
  .prefault({})
  .describe('How samples are drawn in training')

export const normalise = z
  .strictObject({
    by: z
      .enum(['tile', 'site', 'plate', 'negativeControls', 'experiment', 'all'])
      .default('tile')
      .describe(
        'Over which pixels each channel gets centre 0 and spread 1; negativeControls: of the same plate',
      ),
    method: z
      .enum(['meanVariance', 'robust'])
      .default('meanVariance')
      .describe('Centre and spread: mean and standard deviation, or median and 1.4826 MAD'),
    sigma: z
      .union([z.number().nonnegative(), z.array(z.number().nonnegative()).min(1)])
      .default(0)
      .describe(
        'Gaussian blur of each tile before it: standard deviation in pixels, for all channels or one a channel',
      ),
    illumination: z
      .enum(['none', 'divide', 'subtract'])
      .default('none')
      .describe(
        "Correction before the blur by the plate's smooth field, estimated from the mean of its images: divide for uneven light, subtract for uneven background",
      ),
    illuminationSigma: z
      .number()
      .positive()
      .default(0.1)
      .describe('How smooth that field is: blur as a share of the longer side of an image'),
  })
  .prefault({})
  .describe('Intensity normalisation, the same in training and prediction')
