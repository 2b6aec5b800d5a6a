import { z } from 'zod'

/** Section of the verb `explain`. */
const name = z.string().min(1)
const positiveInteger = z.int().positive()

export const explain = z
  .strictObject({
    from: name.describe('Run directory of train or fine-tune'),
    checkpoint: z
      .enum(['best', 'bestByCellType', 'last'])
      .default('best')
      .describe('Which epoch of the run (fine-tuned runs: of each cell type)'),
    units: z
      .array(name)
      .min(1)
      .optional()
      .describe('Ids or codes of the units to explain; without it, some are drawn'),
    split: z
      .enum(['train', 'validation', 'test'])
      .default('test')
      .describe('Where units are drawn from'),
    count: positiveInteger.default(8).describe('How many are drawn, cell types in turn'),
    class: z
      .union([z.enum(['call', 'label']), z.int().nonnegative()])
      .default('call')
      .describe('The class to explain: the most likely one, the right one, or a class index'),
    methods: z
      .array(z.enum(['gradientInput', 'gradCam']))
      .min(1)
      .default(['gradientInput', 'gradCam'])
      .describe('What pictures show, a row each'),
    brightest: z
      .array(z.number().positive())
      .min(1)
      .optional()
      .describe(
        "Value of each channel that is shown at full colour; without it, Recursion's for RxRx1, else what one pixel in a thousand of the unit exceeds",
      ),
    blur: z
      .number()
      .min(0)
      .max(50)
      .default(2)
      .describe('Standard deviation, in pixels, of the blur on shown gradients'),
    batchSize: positiveInteger.default(4).describe('Tiles at once'),
  })
  .describe('Which pixels and channels speak for a class')
