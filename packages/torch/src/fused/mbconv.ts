import { operator } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { type FusedActivation, type FusedNorm, normTensors } from './norm.js'

/** Squeeze-and-excitation: `[squeezed, channel, 1, 1]`, `[squeezed]`, `[channel, squeezed, 1, 1]`, `[channel]`. */
export interface GateTensors {
  readonly reduce: Tensor
  readonly reduceBias: Tensor
  readonly expand: Tensor
  readonly expandBias: Tensor
}

/** An MBConv block; all weights are float32 on the CPU, all channel counts multiples of 8. */
export interface MBConvBlock {
  /**
   * The widening convolution, `[middle, in, 1, 1]`, with its norm; or a stem, `[middle, in, 3, 3]` with
   * stride 2, any number of channels in; or null where the block does not widen.
   */
  readonly expand: { readonly weight: Tensor; readonly norm: FusedNorm } | null
  /** `[middle, 1, kernel, kernel]`, kernel 3 or 5. */
  readonly depthwise: { readonly weight: Tensor; readonly norm: FusedNorm }
  readonly gate: GateTensors
  /** `[out, middle, 1, 1]`. */
  readonly project: { readonly weight: Tensor; readonly norm: FusedNorm }
  /** 1 or 2. */
  readonly stride: number
  /** Zeros as TensorFlow's "same", or else (kernel - 1) / 2 on each side. */
  readonly samePadding: boolean
  readonly activation: FusedActivation
  readonly eps: number
  /** Whether the input is added to the output. */
  readonly residual: boolean
  /** Whether norms go by the batch (and move the running statistics), or by the running statistics. */
  readonly training: boolean
  /** Factor on the branch of each sample, `[batch]` float, or null. */
  readonly branchScale: Tensor | null
}

const call = operator<(...values: unknown[]) => Tensor>('phenoprint::mbconv', '')

/**
 * A whole MBConv block, forward and backward, as one operator: the wide tensors between its
 * convolutions are computed where they are read and never stored. In a region of bfloat16 autocast
 * it computes in bfloat16, with sums in float32, or else in float32.
 *
 * @param x `[batch, in, y, x]`, any size; fastest channels-last. With a stem it may not ask for a gradient.
 * @returns `[batch, out, y', x']`, channels-last.
 * @throws {TorchError} for sizes that it cannot take, and where the processor has no build of it.
 * @see Sandler et al. 2018 (arXiv:1801.04381); Tan & Le 2019 (arXiv:1905.11946).
 */
export function mbconv(x: Tensor, block: MBConvBlock): Tensor {
  const { expand, depthwise, gate, project } = block
  return call(
    x,
    expand === null ? null : expand.weight,
    expand === null ? [] : normTensors(expand.norm),
    depthwise.weight,
    normTensors(depthwise.norm),
    [gate.reduce, gate.reduceBias, gate.expand, gate.expandBias],
    project.weight,
    normTensors(project.norm),
    block.branchScale,
    block.stride,
    block.samePadding,
    block.activation,
    block.residual,
    block.training,
    [expand?.norm.momentum ?? 0, depthwise.norm.momentum, project.norm.momentum],
    block.eps,
  )
}
