import { z } from 'zod'

/** Sections that say which predicted labels join a training. */
const name = z.string().min(1)
const fraction = z.number().min(0).max(1)

const limits = z.strictObject({
  threshold: z.number().optional().describe('In place of threshold'),
  share: fraction.optional().describe('In place of share'),
  lastShare: fraction.optional().describe('In place of lastShare'),
})

export const pseudoLabels = z
  .strictObject({
    from: z
      .array(name)
      .min(1)
      .describe('Run directories of infer or ensemble; the logits of several are averaged'),
    splits: z
      .array(z.enum(['validation', 'test']))
      .min(1)
      .default(['test'])
      .describe(
        'Which units may be chosen; none of them may validate the training that takes them',
      ),
    previous: name
      .optional()
      .describe(
        'Run directory of the round before, whose labels stay; without it, this is round 1',
      ),
    rule: z
      .enum(['threshold', 'share', 'growingShare'])
      .default('threshold')
      .describe(
        'threshold: units as confident as that; share: so many of the most confident; growingShare: more in each round',
      ),
    confidence: z
      .enum(['probability', 'margin'])
      .default('probability')
      .describe(
        'probability of the call, after classes are shared out; margin: its logit less the next best',
      ),
    threshold: z.number().default(0.9).describe('threshold: the least confidence'),
    share: fraction
      .default(0.4)
      .describe(
        'share: of the units of a cell type, those of earlier rounds counted; growingShare: where it begins',
      ),
    lastShare: fraction
      .default(1)
      .describe('growingShare: where it ends, one round after the last'),
    rounds: z
      .int()
      .positive()
      .default(4)
      .describe(
        'growingShare: rounds in all; round r takes share + (lastShare - share) r/(rounds + 1)',
      ),
    agreement: fraction
      .default(0)
      .describe('Share of the runs in from that must call a unit alike; 1: all of them'),
    oncePerPlate: z
      .boolean()
      .default(true)
      .describe('Of several units of a plate with one class, take the most confident alone'),
    cellTypes: z
      .union([z.literal('each'), z.array(name).min(1)])
      .default('each')
      .describe('Whose units are chosen'),
    byCellType: z
      .record(z.string(), limits)
      .default({})
      .describe('Other limits for some cell types: {U2OS: {threshold: 0.95}}'),
  })
  .describe('Which predicted labels join the next training')

/** In the section `training`. */
export const trainOnPseudoLabels = z
  .strictObject({
    from: name.describe('Run directory of pseudo-label'),
    weight: z
      .number()
      .positive()
      .default(1)
      .describe('How often a site with such a label is drawn, beside one whose label is known'),
  })
  .describe('Predicted labels that are trained on too')
