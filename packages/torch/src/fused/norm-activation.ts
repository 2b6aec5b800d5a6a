import { operator } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { type FusedActivation, type FusedNorm, normTensors } from './norm.js'

export interface NormActivation {
  /** Float32 on the CPU, `[channel]`, a multiple of 8. */
  readonly norm: FusedNorm
  readonly activation: FusedActivation | 'relu' | 'identity'
  readonly eps: number
  /** Whether the norm goes by the batch (and moves the running statistics), or by the running statistics. */
  readonly training: boolean
  /** Added before the activation, of the input's shape. */
  readonly residual?: Tensor
}

const call = operator<(...values: unknown[]) => Tensor>('phenoprint::norm_activation', '')

/**
 * Batch norm, residual and activation as one operator, forward and backward:
 * `act(norm(x) + residual)`. Of float32 or bfloat16 images, with sums in float32 and double.
 *
 * @param x `[batch, channel, y, x]`; fastest channels-last.
 * @returns of the same shape and dtype, channels-last.
 * @throws {TorchError} for sizes that it cannot take, and where the processor has no build of it.
 * @see Ioffe & Szegedy 2015 (arXiv:1502.03167); He et al. 2015 (arXiv:1512.03385).
 */
export function normActivation(x: Tensor, of: NormActivation): Tensor {
  const { norm, activation, eps, training, residual = null } = of
  return call(x, residual, normTensors(norm), activation, training, norm.momentum, eps)
}
