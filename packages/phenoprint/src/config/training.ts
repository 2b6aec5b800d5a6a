import { z } from 'zod'

/** The section that says how weights are found. */
const positiveInteger = z.int().positive()
const fraction = z.number().min(0).max(1)
/** What a running mean keeps of itself: at 1 it would learn nothing. */
const decay = z.number().min(0).lt(1)

const threads = positiveInteger
  .max(4096)
  .optional()
  .describe('Threads of the engine; without it, all cores')

const optimiser = z
  .strictObject({
    name: z.enum(['adam', 'adamw', 'sgd']).default('adamw').describe('Update rule'),
    learningRate: z.number().positive().default(1e-3).describe('Peak learning rate'),
    weightDecay: z.number().nonnegative().default(0).describe('adamw: decoupled; adam, sgd: L2'),
    betas: z.tuple([decay, decay]).default([0.9, 0.999]).describe('adam, adamw'),
    eps: z.number().positive().default(1e-8).describe('adam, adamw'),
    momentum: decay.default(0.9).describe('sgd'),
    nesterov: z.boolean().default(false).describe('sgd'),
  })
  .prefault({})
  .describe('How weights move')

const schedule = z
  .strictObject({
    name: z.enum(['constant', 'oneCycle', 'cosine']).default('oneCycle').describe('Shape'),
    warmup: fraction
      .default(0.2)
      .describe('Share of all steps in which the rate rises to its peak'),
    finalShare: fraction.default(0).describe('cosine: last learning rate as a share of the peak'),
    momentum: z
      .tuple([decay, decay])
      .nullable()
      .default(null)
      .describe(
        "oneCycle: momentum (Adam's first beta) at the peak and at both ends; null leaves it alone",
      ),
  })
  .prefault({})
  .describe('Learning rate over the steps')

const loss = z
  .strictObject({
    name: z
      .enum(['crossEntropy', 'plateCrossEntropy', 'focal'])
      .default('crossEntropy')
      .describe(
        "What is minimised; plateCrossEntropy: cross entropy within the target's group of classes that share plates; focal: -alpha (1 - p)^gamma ln p",
      ),
    weight: z
      .number()
      .nonnegative()
      .default(1)
      .describe('What it counts beside loss.angular; 0 learns by that alone (model.head: cosine)'),
    labelSmoothing: fraction.default(0).describe('Share of the target spread over other classes'),
    smoothOver: z
      .enum(['all', 'plateGroup'])
      .default('all')
      .describe(
        'Over which: all classes, or the others of the group of classes that share its plates',
      ),
    focal: z
      .strictObject({
        gamma: z
          .number()
          .min(1)
          .default(2)
          .describe('How strongly what is right already is left out'),
        alpha: z.number().positive().default(1).describe('Factor'),
      })
      .prefault({})
      .describe('Settings of focal'),
    angular: z
      .strictObject({
        name: z
          .enum(['arcFace', 'cosFace'])
          .default('arcFace')
          .describe('arcFace: margin on the angle; cosFace: margin on its cosine'),
        scale: z.number().positive().default(30).describe('Logits are cosines times this'),
        margin: z
          .number()
          .nonnegative()
          .lt(3)
          .default(0.5)
          .describe('How far classes are kept apart'),
        marginWarmup: fraction
          .default(0)
          .describe('Share of all steps in which the margin rises from 0'),
        weight: z.number().nonnegative().default(1).describe('What it counts at first'),
        lastWeight: z
          .number()
          .nonnegative()
          .optional()
          .describe(
            'What it counts at the end, reached in a line; without it, the same throughout',
          ),
      })
      .optional()
      .describe(
        "A further loss, on the cosines of the angles between an image and each class's direction",
      ),
    controlWeight: z
      .number()
      .nonnegative()
      .default(0.1)
      .describe("batches.pairs: weight of the loss of the control's class"),
  })
  .prefault({})
  .describe('Training loss')

const earlyStopping = z
  .strictObject({
    patience: positiveInteger.default(10).describe('Epochs without improvement before it stops'),
    minDelta: z.number().nonnegative().default(0).describe('How much lower counts as improved'),
  })
  .describe('Stop when neither overall nor any cell type improves any more')

export const training = z
  .strictObject({
    epochs: positiveInteger.default(40).describe('Passes over the training sites, at most'),
    batchSize: positiveInteger.default(32).describe('Samples a step of the optimiser'),
    microBatch: positiveInteger
      .optional()
      .describe('Samples at once, gradients accumulated to batchSize; without it, batchSize'),
    optimiser,
    schedule,
    loss,
    precision: z.enum(['fp32', 'bf16']).default('fp32').describe('bf16: autocast'),
    earlyStopping: earlyStopping.optional(),
    threads,
    checkpointMinutes: z
      .number()
      .positive()
      .default(5)
      .describe('Save within an epoch after so many minutes (every epoch is saved anyway)'),
  })
  .prefault({})
  .describe('The training loop')
