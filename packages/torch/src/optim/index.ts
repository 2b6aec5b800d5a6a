export { Adam, type AdamOptions, AdamW } from './adam.js'
export { clipGradientNorm } from './clip.js'
export {
  type GroupOptions,
  Optimiser,
  type OptimiserState,
  type ParameterGroup,
} from './optimiser.js'
export { SGD, type SgdOptions } from './sgd.js'
