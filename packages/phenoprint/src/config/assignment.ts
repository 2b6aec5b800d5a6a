import { z } from 'zod'

/** Sections of the verbs that turn predictions into calls: `assign` and `submit`. */
const name = z.string().min(1)
const fraction = z.number().min(0).max(1)

const groups = z
  .strictObject({
    source: z
      .union([
        z.enum(['learn', 'none']),
        z.record(z.string(), z.array(z.int().nonnegative()).min(1)),
      ])
      .default('learn')
      .describe(
        "learn: from the screen's training wells; none: any class on any plate; or the class indices of each group by its name",
      ),
    score: z
      .enum(['likelihood', 'votes'])
      .default('likelihood')
      .describe('likelihood: all probabilities of a well count; votes: its most likely class does'),
    order: z
      .enum(['independent', 'permutation', 'rotation'])
      .default('independent')
      .describe(
        "How an experiment's plates share the groups: each plate by itself; each group once; or in the order of the training experiments, turned",
      ),
    minConfidence: fraction
      .default(0.5)
      .describe('A plate whose group is less certain keeps all classes, and is flagged'),
  })
  .prefault({})
  .describe('Sets of classes of which each plate holds one')

const needsEmbeddings = (score: string): boolean => score === 'distance' || score === 'either'

const unknown = z
  .strictObject({
    score: z
      .enum(['energy', 'probability', 'distance', 'either'])
      .default('energy')
      .describe(
        'energy: log of the sum of exponentials of the logits; probability: the greatest; distance: from the nearest class in the embedding; either: energy or distance, whichever is rarer',
      ),
    embeddings: name
      .optional()
      .describe('Run directory of embed, of the same network: for distance and either'),
    quantile: fraction
      .default(0.01)
      .describe(
        'Wells below this quantile of the calibration wells of their cell type are flagged',
      ),
  })
  .refine(({ score, embeddings }) => embeddings !== undefined || !needsEmbeddings(score), {
    path: ['embeddings'],
    message: 'expected a run of embed for the scores distance and either',
  })
  .prefault({})
  .describe('Which wells are unlike those that the models know')

export const assignment = z
  .strictObject({
    from: name.describe('Run directory of infer or ensemble'),
    splits: z
      .array(z.enum(['train', 'validation', 'test']))
      .min(1)
      .default(['validation', 'test'])
      .describe('Which units'),
    groups,
    oneToOne: z
      .enum(['none', 'plate', 'experiment'])
      .default('plate')
      .describe('Where each class is given to at most one well'),
    method: z
      .enum(['optimal', 'greedy'])
      .default('optimal')
      .describe('optimal: greatest total log-probability; greedy: the most certain pair first'),
    calibration: z
      .enum(['validation', 'train', 'none'])
      .default('validation')
      .describe('Split whose labels set the temperature and the bounds of what is unknown'),
    unknown,
  })
  .describe('From predictions to one call a well')

export const submission = z
  .strictObject({
    from: name.describe(
      'Run directory of assign, ensemble or infer, or a CSV made elsewhere, to be checked',
    ),
    sample: name
      .default('sample_submission.csv')
      .describe('CSV with the wells to be called, relative to screen.folder'),
  })
  .describe("The competition's CSV")
