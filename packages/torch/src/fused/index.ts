export { FoldedHead, FoldedMBConv, type FoldedMBConvBlock, type FoldedPrecision } from './folded.js'
export {
  chooseKernels,
  type KernelBuild,
  kernelsInUse,
  timePasses,
  usableKernels,
} from './kernels.js'
export { type GateTensors, type MBConvBlock, mbconv } from './mbconv.js'
export type { FusedActivation, FusedNorm } from './norm.js'
export { type NormActivation, normActivation } from './norm-activation.js'
export { type Head, pooledHead } from './pooled-head.js'
