import type { nn, Tensor } from '@phenoprint/torch'
import { MachineError } from '../errors.js'
import type { Activation } from './activation.js'
import { dropConnect } from './drop-connect.js'
import type { BlockArguments } from './efficientnet-scaling.js'
import type { SqueezeExcite } from './squeeze-excite.js'

export type Kernels = 'auto' | 'stock' | 'fused'

/** A convolution without bias and the batch norm behind it. */
export interface NormedConvolution {
  readonly convolution: nn.Conv2d
  readonly norm: nn.BatchNorm2d
}

/** What a kernel reads of a block. */
export interface BlockLayers {
  readonly block: BlockArguments
  readonly training: boolean
  /** Null where the block does not widen its input. */
  readonly expand: NormedConvolution | null
  readonly depthwise: NormedConvolution
  readonly excite: SqueezeExcite
  readonly project: NormedConvolution
  readonly activation: Activation
}

/** A way to compute a whole block: libtorch's operators one by one, or one fused operator. */
export interface BlockKernel {
  readonly name: string
  readonly fused: boolean
  /** Whether this machine can compute blocks of these sizes with it. */
  supports(block: BlockArguments): boolean
  forward(layers: BlockLayers, x: Tensor): Tensor
}

/** libtorch's own operators: they compute every block everywhere. */
export const stockKernel: BlockKernel = {
  name: 'stock',
  fused: false,
  supports: () => true,
  forward({ block, training, expand, depthwise, excite, project, activation }, x) {
    const wide = expand === null ? x : activation.forward(normed(expand, x))
    const looked = activation.forward(normed(depthwise, wide))
    const branch = normed(project, excite.forward(looked))
    if (!block.residual) return branch
    return (training ? dropConnect(branch, block.dropConnect) : branch).add(x)
  },
}

/** Fused operators of the engine, the fastest first. */
export const fusedKernels: readonly BlockKernel[] = []

/**
 * The kernel of a block: with `auto` the first fused one that supports it, or else the stock one.
 *
 * @throws {MachineError} with `fused`, when none supports it.
 */
export function chooseKernel(
  block: BlockArguments,
  kernels: Kernels,
  available: readonly BlockKernel[] = fusedKernels,
): BlockKernel {
  if (kernels === 'stock') return stockKernel
  const fused = available.find((kernel) => kernel.supports(block))
  if (fused !== undefined) return fused
  if (kernels === 'auto') return stockKernel
  const names = available.map((kernel) => kernel.name).join(', ') || 'none'
  throw new MachineError(
    `model: kernels is "fused", and no fused kernel of this build can compute a block of ${block.inChannels} -> ${block.middleChannels} -> ${block.outChannels} channels, kernel ${block.kernelSize}, stride ${block.stride} (fused kernels here: ${names}). Set model.kernels to auto or stock.`,
  )
}

function normed({ convolution, norm }: NormedConvolution, x: Tensor): Tensor {
  return norm.forward(convolution.forward(x))
}
