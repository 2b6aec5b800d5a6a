import { join } from 'node:path'
import { root } from '../../scripts/setup/paths.mjs'
import { Step, StepFile } from '../lib/step.mjs'

/** @import { Settings } from '../lib/step.mjs' */

const recipe = join(root, 'bench/claims/recipe.yml')
/** As the recipe has it; arms that change what an epoch holds keep the number of steps. */
const epochs = 10
/** Sixteen experiments train; 0.6 of the wells of eight more make an epoch longer by 0.3. */
const pseudoEpochs = Math.round(epochs / 1.3)
const eightSymmetries = [
  ...['identity', 'rot90', 'rot180', 'rot270'],
  ...['flipX', 'flipY', 'transpose', 'antitranspose'],
]
/** Of the recipe's eight training experiments of each cell type, half. */
const lastHalf = ['HUVEC', 'U2OS'].flatMap((cellType) =>
  ['07', '08', '09', '10'].map((number) => `${cellType}-${number}`),
)
/** Validation experiments of the members of a split-diverse ensemble; the first is the recipe's. */
const splits = [
  ['01', '02'],
  ['03', '04'],
  ['05', '06'],
].map((numbers) => ({
  HUVEC: numbers.map((number) => `HUVEC-${number}`),
  U2OS: numbers.map((number) => `U2OS-${number}`),
}))
const members = splits.length

const screen = new Step('simulate', recipe)
const shrunkScreen = new Step('shrink', recipe, { 'screen.folder': screen })
const tiles = store(screen)
const shrunk = store(shrunkScreen)
const whole = store(screen, { 'store.tile': [128, 128] })

/**
 * Every arm of the bench for one seed, each the step whose calls are measured. Arms of one seed differ in
 * what their names say and in nothing else; the steps that they share are run once.
 *
 * @param {number} seed
 * @param {number} seeds how many there are, from 1: ensembles take the next ones in turn.
 */
export function armsOf(seed, seeds) {
  const memberSeeds = Array.from(
    { length: members },
    (_, member) => ((seed - 1 + member) % Math.max(seeds, members)) + 1,
  )
  const overall = train(seed)
  const baseline = infer(overall)
  const plateTrained = train(seed, {
    'batches.batchFrom': 'plate',
    'training.batchNorm.validation.statistics': 'plate',
  })
  const controlTrained = train(seed, {
    'batches.batchFrom': 'plate',
    'batches.normControls': 8,
    'training.batchNorm.validation.statistics': 'plate',
  })
  const plateStatistics = { 'prediction.batchNorm.statistics': 'plate' }
  const labels = new Step('pseudo-label', recipe, {
    ...placeOf(tiles),
    ...grouped,
    'pseudoLabels.from': [baseline],
  })
  const alone = { 'training.loss.weight': 0, 'training.loss.angular.name': 'arcFace' }
  const cosine = { 'model.head.name': 'cosine' }
  const margin = { 'training.loss.angular.marginWarmup': 0.3 }

  return {
    baseline,
    'eight symmetries': infer(overall, { 'prediction.symmetries': eightSymmetries }),
    'both sites': average([baseline], { 'ensemble.averaging': averagedOver('tiles', 'sites') }),
    'one site': average([baseline], { 'ensemble.averaging': averagedOver('tiles') }),
    'three seeds': average(memberSeeds.map((one) => infer(train(one)))),
    'three seeds, three splits': average(
      memberSeeds.map((one, member) => {
        /** @type {Settings} */
        const split = member === 0 ? {} : { 'split.validation': splits[member] }
        return infer(train(one, split), split)
      }),
    ),
    'calls one by one': assign(baseline),
    'plate groups': assign(baseline, grouped),
    'plate groups, one to one': assign(baseline, { ...grouped, 'assignment.oneToOne': 'plate' }),
    'no symmetries': infer(train(seed, { 'batches.symmetries': ['identity'] })),
    'half of the experiments': infer(
      train(seed, { 'split.skipExperiments': lastHalf, 'training.epochs': 2 * epochs }),
    ),
    'fine-tuned by cell type': infer(fineTune(overall)),
    'trained on, all cell types': infer(
      train(seed, {
        ...further,
        'model.weights': new StepFile(overall, 'checkpoints/last.safetensors'),
      }),
    ),
    'fine-tuned, frozen statistics': infer(
      fineTune(overall, { 'training.batchNorm.statistics': 'frozen' }),
    ),
    'fine-tuned, ArcFace': infer(fineTune(overall, { ...alone, ...cosine, ...margin })),
    '0.8 softmax + 0.2 ArcFace': infer(
      train(seed, {
        'training.loss.weight': 0.8,
        'training.loss.angular.name': 'arcFace',
        'training.loss.angular.weight': 0.2,
        ...margin,
      }),
    ),
    'ArcFace alone': infer(train(seed, { ...alone, ...cosine, ...margin })),
    'pseudo-labels': infer(
      train(seed, { 'training.pseudoLabels.from': labels, 'training.epochs': pseudoEpochs }),
    ),
    'moving statistics': infer(overall, { 'prediction.batchNorm.statistics': 'batch' }),
    'statistics of the plate': infer(overall, plateStatistics),
    'statistics of the experiment': infer(overall, {
      'prediction.batchNorm.statistics': 'experiment',
    }),
    'batches of a plate': infer(plateTrained),
    'batches and statistics of a plate': infer(plateTrained, plateStatistics),
    'with controls': infer(controlTrained, {
      ...plateStatistics,
      'prediction.batchNorm.controls': 8,
    }),
    shrunk: infer(train(seed, {}, shrunk), {}, shrunk),
    'whole images': infer(
      train(seed, { 'training.epochs': Math.ceil(epochs / 4) }, whole),
      {},
      whole,
    ),
  }
}

/** @typedef {keyof ReturnType<typeof armsOf>} Arm */

/** As the reference solutions call plates. */
const grouped = { 'assignment.groups.source': 'learn', 'assignment.groups.order': 'rotation' }

/** How both kinds of going on from the overall model train. */
const further = { 'training.epochs': 3, 'training.optimiser.learningRate': 3e-4 }

/** @param {Step} from @param {Settings} [set] */
function store(from, set) {
  return new Step('preprocess', recipe, { 'screen.folder': from, ...set })
}

/**
 * The keys that say which screen and store.
 *
 * @param {Step} pixels a step of preprocess.
 */
function placeOf(pixels) {
  const { 'store.tile': tile, 'screen.folder': folder } = pixels.set
  return {
    'screen.folder': folder,
    'store.path': pixels,
    ...(tile === undefined ? {} : { 'store.tile': tile }),
  }
}

/** @param {number} seed @param {Settings} [set] @param {Step} [pixels] */
function train(seed, set, pixels = tiles) {
  return new Step('train', recipe, { ...placeOf(pixels), seed, ...set })
}

/** @param {Step} from @param {Settings} [set] */
function fineTune(from, set) {
  const { seed } = from.set
  return new Step('fine-tune', recipe, {
    ...placeOf(tiles),
    seed,
    'fineTune.from': from,
    ...further,
    ...set,
  })
}

/** @param {Step} from @param {Settings} [set] @param {Step} [pixels] */
function infer(from, set, pixels = tiles) {
  return new Step('infer', recipe, { ...placeOf(pixels), 'prediction.from': from, ...set })
}

/** @param {Step[]} runs @param {Settings} [set] */
function average(runs, set) {
  return new Step('ensemble', recipe, {
    ...placeOf(tiles),
    'ensemble.members': { default: runs.map((run) => ({ run })) },
    'ensemble.splits': ['test'],
    ...set,
  })
}

/** @param {string[]} levels */
function averagedOver(...levels) {
  return levels.map((level) => ({ level, reduce: 'logitMean' }))
}

/** @param {Step} from @param {Settings} [set] */
function assign(from, set) {
  return new Step('assign', recipe, { ...placeOf(tiles), 'assignment.from': from, ...set })
}
