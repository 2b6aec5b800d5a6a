export type { AllocatorStatistics, Schema, SchemaValue } from './addon-interface.js'
export {
  autocast,
  enableGrad,
  gradients,
  inferenceMode,
  isGradEnabled,
  noGrad,
} from './autograd.js'
export * from './checkpoint/index.js'
export { type Nested, type TensorOptions, tensor } from './create.js'
export * as distributed from './distributed/index.js'
export type { Device, DType, Layout, MemoryFormat, TypedArray } from './dtype.js'
export { TorchError, type TorchErrorDetails, type TorchErrorKind } from './errors.js'
export * as fused from './fused/index.js'
export { engine, setThreads, threads } from './libtorch.js'
export { memory } from './memory.js'
export * as nn from './nn/index.js'
export {
  type AnyOperator,
  arange,
  aten,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  type Overloads,
  ones,
  onesLike,
  operator,
  ops,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  zeros,
  zerosLike,
} from './ops/index.js'
export * as optim from './optim/index.js'
export { Generator, generatorState, manualSeed, setGeneratorState } from './random.js'
export { ComplexScalar, complex, FloatScalar, float, reduction, type Scalar } from './scalar.js'
export { dispose, tidy } from './scope.js'
export { isTensor, Tensor, type ToOptions } from './tensor.js'
