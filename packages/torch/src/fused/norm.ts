import type { Tensor } from '../tensor.js'

export type FusedActivation = 'silu' | 'mish'

/** Float tensors of `[channel]`. The running statistics move in training. */
export interface FusedNorm {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly runningMean: Tensor
  readonly runningVar: Tensor
  /** Weight of this batch in the running statistics, 0..1. */
  readonly momentum: number
}

/** In the order in which the operators take them. */
export function normTensors({ weight, bias, runningMean, runningVar }: FusedNorm): Tensor[] {
  return [weight, bias, runningMean, runningVar]
}
