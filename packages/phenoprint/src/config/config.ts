import { z } from 'zod'
import { assignment, submission } from './assignment.js'
import { augmentation } from './augmentation.js'
import type { reductions } from './averaging.js'
import { batches, normalise, type symmetries } from './batches.js'
import { cluster } from './cluster.js'
import { choose, embed, evaluation } from './evaluation.js'
import { explain } from './explanation.js'
import { model } from './model.js'
import { pseudoLabels } from './pseudo-labels.js'
import * as sections from './sections.js'
import { simulation } from './simulation.js'
import { training } from './training.js'

/** The whole file: every verb reads the sections it needs from one shape. */
export const configSchema = z.strictObject({
  seed: sections.seed,
  device: sections.device,
  output: z.string().min(1).optional().describe('Run directory that the command writes'),
  screen: sections.screen.optional(),
  store: sections.store.optional(),
  export: sections.exported.optional(),
  split: sections.split,
  batches,
  augmentation,
  normalise,
  model,
  training,
  fineTune: sections.fineTune.optional(),
  prediction: sections.prediction.optional(),
  ensemble: sections.ensemble.optional(),
  assignment: assignment.optional(),
  submission: submission.optional(),
  explain: explain.optional(),
  evaluation: evaluation.optional(),
  choose: choose.optional(),
  embed: embed.optional(),
  pseudoLabels: pseudoLabels.optional(),
  simulation: simulation.optional(),
  stages: sections.stages.optional(),
  cluster: cluster.optional(),
})

export type Config = z.output<typeof configSchema>
/** A section that is there: `Section<'screen'>`. */
export type Section<K extends keyof Config> = NonNullable<Config[K]>
export type Symmetry = (typeof symmetries)[number]
export type Reduction = (typeof reductions)[number]
export type SplitName = 'train' | 'validation' | 'test'
