import { noGrad } from '../autograd.js'
import { aten, ones, zeros } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'

export interface BatchNormOptions {
  readonly features: number
  readonly eps?: number
  /** Share of the batch's statistics in the running ones at each step. */
  readonly momentum?: number
}

/**
 * Batch normalisation: `y = weight (x - mean) / sqrt(variance + eps) + bias` per channel, with the
 * batch's statistics in training (and running averages kept), with the running ones otherwise. The
 * running variance is the unbiased one.
 *
 * @see Ioffe & Szegedy 2015, arXiv:1502.03167.
 */
abstract class BatchNorm extends Layer {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly runningMean: Tensor
  readonly runningVar: Tensor
  readonly batchesTracked: Tensor
  readonly eps: number
  readonly momentum: number

  constructor({ features, eps = 1e-5, momentum = 0.1 }: BatchNormOptions) {
    super()
    this.eps = eps
    this.momentum = momentum
    this.weight = this.parameter('weight', ones([features]))
    this.bias = this.parameter('bias', zeros([features]))
    this.runningMean = this.buffer('running_mean', zeros([features]))
    this.runningVar = this.buffer('running_var', ones([features]))
    this.batchesTracked = this.buffer('num_batches_tracked', zeros([], { dtype: 'int64' }))
  }

  forward(input: Tensor): Tensor {
    this.countBatch()
    return aten.batchNorm(
      input,
      this.weight,
      this.bias,
      this.runningMean,
      this.runningVar,
      this.training,
      this.momentum,
      this.eps,
      true,
    )
  }

  /** Called once for each batch in training, by `forward` or by a fused block. */
  countBatch(): void {
    if (this.training) noGrad(() => this.batchesTracked.add_(1))
  }
}

/** Over `[batch, channel, y, x]`. */
export class BatchNorm2d extends BatchNorm {}

/** Over `[batch, channel]` or `[batch, channel, position]`. */
export class BatchNorm1d extends BatchNorm {}
