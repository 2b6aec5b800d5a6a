/**
 * How a recipe is tried: at its own size for two steps of its own batch, and on small tiles for a hundred.
 *
 * @typedef {{ recipe: string, tile: number, steps: number, set: string[] }} Case
 */

/** Of any recipe: without validation, in float32. */
const plain = [
  'split.validation=none',
  'split.skipExperiments=[HUVEC-02]',
  'training.earlyStopping=null',
  'training.precision=fp32',
]

/** Recipes of the 26th place, whose tiles are quarters of a site: samples at once, and epochs of small tiles. */
const quarters = [
  { recipe: 'train-b4', microBatch: 5, epochs: 25 },
  { recipe: 'train-mish-b2', microBatch: 10, epochs: 25 },
  { recipe: 'train-mish-b3', microBatch: 5, epochs: 25 },
  { recipe: 'train-mish-b4', microBatch: 5, epochs: 25 },
  { recipe: 'train-controls-b2', microBatch: 9, epochs: 13 },
]

/** @type {Case[]} */
export const cases = [
  ...quarters.map(({ recipe, microBatch }) => ({
    ...{ recipe, tile: 256, steps: 2 },
    set: [...plain, 'training.epochs=1', `training.microBatch=${microBatch}`],
  })),
  // A sample is a whole site. 72 treated wells and 24 controls: two batches of 48.
  {
    ...{ recipe: 'train-densenet161', tile: 512, steps: 2 },
    set: [...plain, 'training.epochs=1', 'training.microBatch=4'],
  },
  ...quarters.map(({ recipe, epochs }) => ({
    ...{ recipe, tile: 64, steps: 100 },
    set: [...plain, `training.epochs=${epochs}`],
  })),
  {
    ...{ recipe: 'train-densenet161', tile: 64, steps: 100 },
    set: [...plain, 'training.epochs=17', 'training.batchSize=16', 'training.microBatch=16'],
  },
]
