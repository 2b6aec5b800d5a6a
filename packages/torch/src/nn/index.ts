export { Mish, ReLU, Sigmoid, SiLU } from './activations.js'
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.js'
export { Conv2d, type ConvolutionOptions, samePadding } from './convolution.js'
export * as init from './init.js'
export { Linear, type LinearOptions } from './linear.js'
export {
  describeDifferences,
  Layer,
  Module,
  type Placement,
  type StateDifferences,
} from './module.js'
export { ModuleList } from './module-list.js'
export { Dropout, Flatten, GlobalAveragePool, Identity, Sequential } from './shape.js'
