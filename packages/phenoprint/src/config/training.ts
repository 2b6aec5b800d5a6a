import { z } from 'zod'
import { predictionNorm } from './batch-norm.js'
import { precision } from './precision.js'
import { trainOnPseudoLabels } from './pseudo-labels.js'

/** The section that says how weights are found. */
const positiveInteger = z.int().positive()
const fraction = z.number().min(0).max(1)
/** What a running mean keeps of itself: at 1 it would learn nothing. */
const decay = z.number().min(0).lt(1)

const threads = positiveInteger
  .max(4096)
  .optional()
  .describe(
    'Threads of the engine in each process; without it, all cores, shared by the ranks of a machine',
  )

const optimiser = z
  .strictObject({
    name: z
      .enum(['adam', 'adamw', 'sgd', 'radam', 'ranger'])
      .default('adamw')
      .describe('Update rule; ranger is radam with lookahead'),
    learningRate: z.number().positive().default(1e-3).describe('Peak learning rate'),
    weightDecay: z
      .number()
      .nonnegative()
      .default(0)
      .describe('adamw, ranger: decoupled; adam, sgd, radam: L2'),
    betas: z.tuple([decay, decay]).default([0.9, 0.999]).describe('All but sgd'),
    eps: z.number().positive().default(1e-8).describe('All but sgd'),
    momentum: decay.default(0.9).describe('sgd'),
    nesterov: z.boolean().default(false).describe('sgd'),
    lookahead: z
      .strictObject({
        every: positiveInteger.default(6).describe('Steps between two moves of the slow weights'),
        share: fraction.default(0.5).describe('How far they go towards the fast ones'),
      })
      .optional()
      .describe('Slow weights that follow and replace the fast ones; ranger has them anyway'),
    groups: z
      .array(
        z.strictObject({
          parts: z
            .array(z.string().min(1))
            .min(1)
            .describe('Names of parameters, or what they begin with: conv_stem, blocks.0'),
          rateFactor: z.number().nonnegative().default(1).describe('Learning rate, as a factor'),
          weightDecay: z.number().nonnegative().optional().describe('In place of the others'),
        }),
      )
      .optional()
      .describe('Parts of the network that are moved otherwise'),
  })
  .prefault({})
  .describe('How weights move')

const schedule = z
  .strictObject({
    name: z
      .enum(['constant', 'oneCycle', 'cosine', 'cosineSegments', 'step'])
      .default('oneCycle')
      .describe('Shape'),
    warmup: fraction
      .default(0.2)
      .describe('Share of all steps in which the rate rises to its peak'),
    finalShare: fraction.default(0).describe('cosine: last learning rate as a share of the peak'),
    segments: z
      .array(
        z.strictObject({
          epochs: z.number().positive().describe('How long; the last may end behind the training'),
          peak: z.number().positive().default(1).describe('First rate as a share of learningRate'),
        }),
      )
      .min(1)
      .optional()
      .describe('cosineSegments: each falls from its peak to 0 along half a cosine'),
    milestones: z
      .array(z.number().positive())
      .min(1)
      .optional()
      .describe('step: after these epochs the rate is multiplied by factor'),
    factor: z.number().positive().optional().describe('step: by what; without it, 0.1'),
    momentum: z
      .tuple([decay, decay])
      .nullable()
      .default(null)
      .describe(
        "oneCycle: momentum (Adam's first beta) at the peak and at both ends; null leaves it alone",
      ),
  })
  .refine(({ name, segments }) => name !== 'cosineSegments' || segments !== undefined, {
    error: 'cosineSegments needs segments: [{epochs: 90}, {epochs: 60, peak: 0.4}]',
  })
  .refine(({ name, milestones }) => name !== 'step' || milestones !== undefined, {
    error: 'step needs milestones: [30, 60], in epochs',
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

const average = z
  .strictObject({
    name: z
      .enum(['swa', 'ema'])
      .default('swa')
      .describe('swa: plain mean of the weights after each epoch; ema: running mean at each step'),
    fromEpoch: positiveInteger.default(6).describe('The first epoch that counts'),
    decay: decay.default(0.999).describe('ema: what it keeps of itself at a step'),
    refreshBatches: z
      .int()
      .nonnegative()
      .optional()
      .describe(
        "Batches of the epoch over which batch norm's statistics are taken again for the averaged weights; without it, all",
      ),
  })
  .describe('Validate and save averaged weights; training goes on with its own')

const earlyStopping = z
  .strictObject({
    patience: positiveInteger.default(10).describe('Epochs without improvement before it stops'),
    minDelta: z.number().nonnegative().default(0).describe('How much lower counts as improved'),
  })
  .describe('Stop when neither overall nor any cell type improves any more')

const ranks = z
  .strictObject({
    batchNorm: z
      .enum(['each', 'synchronised'])
      .default('each')
      .describe(
        'each: every rank normalises by its own part of a batch, running statistics are their mean; synchronised: by the whole batch (model.kernels: stock)',
      ),
    timeoutMinutes: z
      .number()
      .positive()
      .max(24 * 60)
      .default(10)
      .describe('How long ranks wait for one that does not answer'),
  })
  .prefault({})
  .describe('Where several processes train one network (--ranks, torchrun, srun)')

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
    precision: precision('bf16, fp16: autocast; fp16 with its gradients scaled, for CUDA'),
    clipNorm: z
      .number()
      .positive()
      .optional()
      .describe('Greatest joint norm of all gradients; longer ones are scaled down to it'),
    freeze: z
      .array(z.string().min(1))
      .default([])
      .describe('Parts of the network that are not moved, named as in optimiser.groups'),
    average: average.optional(),
    batchNorm: z
      .strictObject({
        statistics: z
          .enum(['batch', 'frozen'])
          .default('batch')
          .describe('frozen: the running statistics that it starts with, which stay as they are'),
        validation: predictionNorm,
      })
      .prefault({})
      .describe('Where mean and variance come from'),
    earlyStopping: earlyStopping.optional(),
    pseudoLabels: trainOnPseudoLabels.optional(),
    ranks,
    threads,
    checkpointMinutes: z
      .number()
      .positive()
      .default(5)
      .describe('Save within an epoch after so many minutes (every epoch is saved anyway)'),
  })
  .prefault({})
  .describe('The training loop')
