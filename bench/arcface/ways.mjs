import { armsOf } from '../claims/arms.mjs'
import { callMitocheck, fineTuneMitocheck, trainMitocheck } from '../lib/mitocheck.mjs'

/** @import { Settings, Step } from '../lib/step.mjs' */

/**
 * One way on one screen: the step that calls validation units, and the training behind it whose curve is drawn.
 *
 * @typedef {{ calls: Step, training: Step }} Way
 */

/** The first is what all others are held against, the second a control for more epochs. */
export const wayNames = [
  'softmax',
  'softmax, fine-tuned',
  'ArcFace after softmax',
  'softmax + ArcFace',
  'ArcFace alone',
  'ArcFace after softmax, gentle',
  'softmax + ArcFace, gentle',
  'ArcFace alone, gentle',
]

/** As the 1st place had it, and with a smaller scale and margin: what was tried beside. */
const firm = {
  'training.loss.angular.name': 'arcFace',
  'training.loss.angular.marginWarmup': 0.3,
}
const gentle = {
  ...firm,
  'training.loss.angular.scale': 16,
  'training.loss.angular.margin': 0.2,
}
const beside = { 'training.loss.weight': 0.8, 'training.loss.angular.weight': 0.2 }
const alone = { 'training.loss.weight': 0, 'model.head.name': 'cosine' }
/** The logits of a cosine head are cosines times this: as in its loss. */
const gentleHead = { 'model.head.scale': 16 }

/**
 * @param {number} seed
 * @returns {Record<string, Way>} by {@link wayNames}.
 */
export function mitocheckWays(seed) {
  const overall = trainMitocheck(seed)
  /** @param {Settings} set */
  const trained = (set) => called(trainMitocheck(seed, set))
  /** @param {Settings} [set] */
  const fineTuned = (set) => called(fineTuneMitocheck(overall, { 'training.epochs': 10, ...set }))
  return {
    softmax: called(overall),
    'softmax, fine-tuned': fineTuned(),
    'ArcFace after softmax': fineTuned({ ...alone, ...firm }),
    'softmax + ArcFace': trained({ ...beside, ...firm }),
    'ArcFace alone': trained({ ...alone, ...firm }),
    'ArcFace after softmax, gentle': fineTuned({ ...alone, ...gentle, ...gentleHead }),
    'softmax + ArcFace, gentle': trained({ ...beside, ...gentle }),
    'ArcFace alone, gentle': trained({ ...alone, ...gentle, ...gentleHead }),
  }
}

/**
 * Those of the claims bench, whose runs are shared.
 *
 * @param {number} seed
 * @returns {Record<string, Way>} without the gentle ones.
 */
export function syntheticWays(seed) {
  const arms = armsOf(seed, 5)
  return {
    softmax: behind(arms.baseline),
    'softmax, fine-tuned': behind(arms['fine-tuned by cell type']),
    'ArcFace after softmax': behind(arms['fine-tuned, ArcFace']),
    'softmax + ArcFace': behind(arms['0.8 softmax + 0.2 ArcFace']),
    'ArcFace alone': behind(arms['ArcFace alone']),
  }
}

/** @param {Step} training */
function called(training) {
  return { calls: callMitocheck(training, 'validation'), training }
}

/** @param {Step} calls */
function behind(calls) {
  const training = calls.inputs.find(({ verb }) => verb === 'train' || verb === 'fine-tune')
  if (training === undefined) throw new Error('calls of an arm that is not one network')
  return { calls, training }
}
