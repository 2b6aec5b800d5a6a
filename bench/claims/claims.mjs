/** @import { Arm } from './arms.mjs' */

/**
 * One comparison of two arms. `keys` is all in which they differ: a verb and its key, or the verb alone where
 * only one of them has that command. A test holds it against the arms themselves.
 *
 * @typedef {{ arm: Arm, against: Arm, keys: string[] }} Comparison
 *
 * A lesson, and the comparisons that it stands or falls with: the arm should be the better one.
 * @typedef {{ name: string, lesson: string, comparisons: Comparison[] }} Claim
 */

/** What needs the fewest trainings comes first. */
/** @type {Claim[]} */
export const claims = [
  {
    name: 'symmetries',
    lesson: 'Symmetries of the square, drawn in training',
    comparisons: [
      { arm: 'baseline', against: 'no symmetries', keys: ['train batches.symmetries'] },
    ],
  },
  {
    name: 'test-symmetries',
    lesson: 'Symmetries of the square, averaged at prediction',
    comparisons: [
      { arm: 'eight symmetries', against: 'baseline', keys: ['infer prediction.symmetries'] },
    ],
  },
  {
    name: 'sites',
    lesson: 'Both sites of a well averaged',
    comparisons: [
      { arm: 'both sites', against: 'one site', keys: ['ensemble ensemble.averaging'] },
    ],
  },
  {
    name: 'assignment',
    lesson: 'The group of a plate, and each class once',
    comparisons: [
      {
        arm: 'plate groups',
        against: 'calls one by one',
        keys: ['assign assignment.groups.order', 'assign assignment.groups.source'],
      },
      {
        arm: 'plate groups, one to one',
        against: 'plate groups',
        keys: ['assign assignment.oneToOne'],
      },
    ],
  },
  {
    name: 'batch-norm',
    lesson: 'Batch norm at prediction by the wells that are predicted',
    comparisons: [
      {
        arm: 'moving statistics',
        against: 'baseline',
        keys: ['infer prediction.batchNorm.statistics'],
      },
      {
        arm: 'statistics of the plate',
        against: 'baseline',
        keys: ['infer prediction.batchNorm.statistics'],
      },
      {
        arm: 'statistics of the experiment',
        against: 'baseline',
        keys: ['infer prediction.batchNorm.statistics'],
      },
      {
        arm: 'with controls',
        against: 'batches and statistics of a plate',
        keys: ['infer prediction.batchNorm.controls', 'train batches.normControls'],
      },
      {
        arm: 'fine-tuned, frozen statistics',
        against: 'fine-tuned by cell type',
        keys: ['fine-tune training.batchNorm.statistics'],
      },
    ],
  },
  {
    name: 'plate-batches',
    lesson: 'Each training batch from one plate',
    comparisons: [
      {
        arm: 'batches of a plate',
        against: 'baseline',
        keys: ['train batches.batchFrom', 'train training.batchNorm.validation.statistics'],
      },
      {
        arm: 'batches and statistics of a plate',
        against: 'statistics of the plate',
        keys: ['train batches.batchFrom', 'train training.batchNorm.validation.statistics'],
      },
      {
        arm: 'batches and statistics of a plate',
        against: 'baseline',
        keys: [
          'infer prediction.batchNorm.statistics',
          'train batches.batchFrom',
          'train training.batchNorm.validation.statistics',
        ],
      },
    ],
  },
  {
    name: 'seeds',
    lesson: 'Networks of three seeds averaged',
    comparisons: [{ arm: 'three seeds', against: 'baseline', keys: ['ensemble', 'train seed'] }],
  },
  {
    name: 'fine-tuning',
    lesson: 'One network for each cell type, fine-tuned from the overall one',
    comparisons: [
      { arm: 'fine-tuned by cell type', against: 'baseline', keys: ['fine-tune'] },
      {
        arm: 'fine-tuned by cell type',
        against: 'trained on, all cell types',
        keys: [
          'fine-tune',
          'train model.weights',
          'train training.epochs',
          'train training.optimiser.learningRate',
        ],
      },
    ],
  },
  {
    name: 'arcface',
    lesson: 'ArcFace after softmax, beside it, and alone',
    comparisons: [
      {
        arm: 'fine-tuned, ArcFace',
        against: 'fine-tuned by cell type',
        keys: [
          'fine-tune model.head.name',
          'fine-tune training.loss.angular.marginWarmup',
          'fine-tune training.loss.angular.name',
          'fine-tune training.loss.weight',
        ],
      },
      {
        arm: '0.8 softmax + 0.2 ArcFace',
        against: 'baseline',
        keys: [
          'train training.loss.angular.marginWarmup',
          'train training.loss.angular.name',
          'train training.loss.angular.weight',
          'train training.loss.weight',
        ],
      },
      {
        arm: 'ArcFace alone',
        against: 'baseline',
        keys: [
          'train model.head.name',
          'train training.loss.angular.marginWarmup',
          'train training.loss.angular.name',
          'train training.loss.weight',
        ],
      },
    ],
  },
  {
    name: 'pseudo-labels',
    lesson: 'Confident predictions of test wells join the training',
    comparisons: [
      {
        arm: 'pseudo-labels',
        against: 'baseline',
        keys: ['pseudo-label', 'train training.epochs', 'train training.pseudoLabels.from'],
      },
    ],
  },
  {
    name: 'more-data',
    lesson: 'All training experiments in place of half, with as many steps',
    comparisons: [
      {
        arm: 'baseline',
        against: 'half of the experiments',
        keys: ['train split.skipExperiments', 'train training.epochs'],
      },
    ],
  },
  {
    name: 'tiles',
    lesson: 'Tiles of the full resolution',
    comparisons: [
      { arm: 'baseline', against: 'shrunk', keys: ['shrink'] },
      {
        arm: 'baseline',
        against: 'whole images',
        keys: [
          'infer store.tile',
          'preprocess store.tile',
          'train store.tile',
          'train training.epochs',
        ],
      },
    ],
  },
  {
    name: 'split-diversity',
    lesson: 'Ensemble members that hold out other experiments',
    comparisons: [
      {
        arm: 'three seeds, three splits',
        against: 'three seeds',
        keys: ['infer split.validation', 'train split.validation'],
      },
    ],
  },
]
