/** @import { Settings } from '../lib/step.mjs' */

const rotation = {
  'augmentation.rotation': { probability: 0.5, degrees: 180, zoom: [0.9, 1.2], shift: 0.05 },
}
const intensity = { 'augmentation.gain': 0.1, 'augmentation.offset': 0.1 }
const ema = { 'training.average': { name: 'ema', fromEpoch: 1, decay: 0.99 } }
const residual = { 'model.architecture': 'resnet18', 'training.optimiser.learningRate': 1e-3 }
const mixed = { 'augmentation.mixup': { probability: 0.5, alpha: 0.4 } }
const cut = { 'augmentation.cutMix': { probability: 0.5 } }

/**
 * The settings among which fold 1 chooses: what each changes in configs/mitocheck/train.yml. All are one network
 * and one training, on the folds that the peer trains on.
 *
 * @type {Record<string, Settings>}
 */
export const candidates = {
  plain: {},
  'resnet18, rotation, ema': { ...residual, ...rotation, ...ema },
  'resnet18, rotation, mixup, ema': { ...residual, ...rotation, ...mixed, ...ema },
  resnet18: residual,
  'rotation, intensity, ema': { ...rotation, ...intensity, ...ema },
  'resnet18, rotation, cutmix, ema': { ...residual, ...rotation, ...cut, ...ema },
  'rotation, mixup, ema, 80 epochs': { ...rotation, ...mixed, ...ema, 'training.epochs': 80 },
}
