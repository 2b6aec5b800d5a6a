import type { nn, Tensor } from '@phenoprint/torch'
import type { Activation, BlockActivationName } from './activation.js'
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
  readonly activation: Activation<BlockActivationName>
}

/** A way to compute a whole block: libtorch's operators one by one, or one fused operator. */
export interface BlockKernel {
  readonly name: string
  readonly fused: boolean
  /** Whether this machine can compute blocks of these sizes with it. */
  supports(block: BlockArguments): boolean
  forward(layers: BlockLayers, x: Tensor): Tensor
  /** The end of a network: a pointwise convolution, its activation and the mean over the image. */
  pooled(head: NormedConvolution, activation: Activation<BlockActivationName>, x: Tensor): Tensor
  /** The same block for inference alone, its norms folded in and its weights converted once. */
  fold(layers: BlockLayers, dtype: InferenceDType): FoldedPart
  /** The same end of a network for inference alone. */
  foldPooled(
    head: NormedConvolution,
    activation: Activation<BlockActivationName>,
    dtype: InferenceDType,
  ): FoldedPart
}

export type InferenceDType = 'float32' | 'bfloat16' | 'float16'

/** A part of a network that only infers, with weights of its own. */
export interface FoldedPart {
  forward(x: Tensor): Tensor
  dispose(): void
}
