export { Mish, ReLU, Sigmoid, SiLU } from './activations.js'
export { type AngularMarginOptions, angularMargin } from './angular-margin.js'
export { BatchNorm1d, BatchNorm2d, type BatchNormOptions } from './batch-norm.js'
export { Flatten, Identity, ModuleList, Sequential } from './containers.js'
export { Conv2d, type ConvolutionOptions } from './convolution.js'
export { Dropout } from './dropout.js'
export { type FocalOptions, focalLoss } from './focal-loss.js'
export { type FoldedWeights, foldBatchNorm } from './fold-batch-norm.js'
export { FoldedConv2d, type FoldedConvolutionOptions } from './folded-convolution.js'
export {
  type ClassGroups,
  groupCrossEntropy,
  groupLogSoftmax,
  smoothWithinGroups,
} from './group-loss.js'
export * as init from './init.js'
export { Linear, type LinearOptions } from './linear.js'
export { type CrossEntropyOptions, crossEntropy } from './loss.js'
export { Layer, Module, type Placement } from './module.js'
export { type Pair, type Sides, samePadding } from './padding.js'
export { AdaptiveAvgPool2d, GlobalAveragePool } from './pooling.js'
export type { StateDifferences } from './state.js'
