import { z } from 'zod'

/** What is done to the views of training samples, and to no others. */
const probability = z.number().min(0).max(1).default(1).describe('How often')
const positive = z.number().positive()
const share = z.number().positive().max(1)

function range(of: z.ZodNumber) {
  return z
    .tuple([of, of])
    .refine(([from, to]) => from <= to, { error: 'expected the smaller number first' })
}

const mixing = z.strictObject({
  probability: z.number().min(0).max(1).default(1).describe('How often'),
  alpha: positive.default(1).describe('Shares are drawn from Beta(alpha, alpha): 1 is uniform'),
})

export const augmentation = z
  .strictObject({
    tile: z
      .enum(['grid', 'random'])
      .default('grid')
      .describe(
        'Where a tile is cut: grid: one of those that prediction uses; random: anywhere in its site',
      ),
    zoomCrop: z
      .strictObject({
        probability,
        side: range(share)
          .default([0.5, 1])
          .describe('Sides of the part as shares of those of the tile: least and most'),
      })
      .optional()
      .describe('A random part of the tile, enlarged to its size'),
    rotation: z
      .strictObject({
        probability,
        degrees: z.number().min(0).max(180).default(180).describe('Angle at most, to either side'),
        zoom: range(positive).default([1, 1]).describe('Enlarged so many times: least and most'),
        shift: z
          .number()
          .min(0)
          .max(1)
          .default(0)
          .describe('Moved at most so far, up or down and left or right, as a share of the tile'),
      })
      .optional()
      .describe(
        'Turned about its middle by any angle, enlarged and moved; mirrored past its edges',
      ),
    interpolation: z
      .enum(['linear', 'nearest'])
      .default('linear')
      .describe('How zoomCrop and rotation find values between pixels'),
    blur: z
      .strictObject({
        probability,
        sigma: range(z.number().min(0)).default([0, 1]).describe('In pixels: least and most'),
      })
      .optional()
      .describe('Gaussian blur, the same of all channels'),
    gain: z
      .number()
      .min(0)
      .default(0)
      .describe('Each channel, normalised, is multiplied by a factor drawn about 1: its deviation'),
    offset: z
      .number()
      .min(0)
      .default(0)
      .describe('To each channel, normalised, a number drawn about 0 is added: its deviation'),
    cutMix: mixing
      .optional()
      .describe('A box of another sample of the batch is pasted in, and labels are mixed by area'),
    mixup: mixing
      .optional()
      .describe('Another sample of the batch is averaged in, and labels likewise'),
  })
  .prefault({})
  .describe('What is done to training samples alone, beside batches.symmetries')
