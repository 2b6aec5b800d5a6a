export { chooseKernels, type KernelBuild, kernelsInUse, usableKernels } from './builds.js'
export {
  type FusedActivation,
  type FusedNorm,
  type GateTensors,
  type MBConvBlock,
  mbconv,
} from './mbconv.js'
