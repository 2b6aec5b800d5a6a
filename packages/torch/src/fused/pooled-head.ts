import { operator } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { type FusedActivation, type FusedNorm, normTensors } from './norm.js'

/** A pointwise convolution, a norm, an activation and the mean over the image. */
export interface Head {
  /** `[out, in, 1, 1]`, float32 on the CPU, both multiples of 8. */
  readonly weight: Tensor
  readonly norm: FusedNorm
  readonly activation: FusedActivation
  readonly eps: number
  /** Whether the norm goes by the batch (and moves the running statistics). */
  readonly training: boolean
}

const call = operator<(...values: unknown[]) => Tensor>('phenoprint::pooled_head', '')

/**
 * The end of a network as one operator, forward and backward: `mean(act(norm(convolution(x))))`. In a
 * region of bfloat16 autocast it computes in bfloat16, with sums in float32.
 *
 * @param x `[batch, in, y, x]`; fastest channels-last.
 * @returns `[batch, out]`, float32.
 * @throws {TorchError} for sizes that it cannot take, and where the processor has no build of it.
 */
export function pooledHead(x: Tensor, { weight, norm, activation, eps, training }: Head): Tensor {
  return call(x, weight, normTensors(norm), activation, training, norm.momentum, eps)
}
