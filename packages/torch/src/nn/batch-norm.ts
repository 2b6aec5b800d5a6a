import { noGrad } from '../autograd.js'
import type { Group } from '../distributed/group.js'
import { TorchError } from '../errors.js'
import { aten, ones, zeros } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'
import { synchronisedNorm } from './synchronised-norm.js'

export interface BatchNormOptions {
  /** Channels. */
  readonly features: number
  readonly eps?: number | undefined
  /** Weight of a batch in the running statistics, 0..1; null makes them the plain mean over all batches. */
  readonly momentum?: number | null | undefined
}

/**
 * Batch normalisation: `y = weight (x - mean) / sqrt(variance + eps) + bias`, per channel. In training
 * mean and variance are the batch's, and `running = (1 - momentum) running + momentum batch` (with the
 * unbiased variance); in evaluation they are the running ones.
 *
 * @see Ioffe & Szegedy 2015 (arXiv:1502.03167).
 */
abstract class BatchNorm extends Layer {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly runningMean: Tensor
  readonly runningVar: Tensor
  readonly batchesTracked: Tensor
  readonly features: number
  readonly eps: number
  readonly momentum: number | null
  /** While true, running statistics are the plain mean over the batches since they were reset. */
  cumulative = false
  /** Ranks whose samples are one batch in training; null takes this process's alone. */
  group: Group | null = null

  constructor({ features, eps = 1e-5, momentum = 0.1 }: BatchNormOptions) {
    super()
    this.features = features
    this.eps = eps
    this.momentum = momentum
    this.weight = this.parameter('weight', ones([features]))
    this.bias = this.parameter('bias', zeros([features]))
    this.runningMean = this.buffer('running_mean', zeros([features]))
    this.runningVar = this.buffer('running_var', ones([features]))
    this.batchesTracked = this.buffer('num_batches_tracked', zeros([], { dtype: 'int64' }))
  }

  /** How many dimensions an input may have, and what they are. */
  protected abstract readonly accepts: {
    readonly dimensions: readonly number[]
    readonly words: string
  }

  /** @throws {TorchError} in training when a channel has one value only: it has no variance. */
  forward(input: Tensor): Tensor {
    this.#requireShape(input)
    const { weight, bias, runningMean, runningVar, training, eps } = this
    const share = training ? this.countBatch() : 0
    if (training && this.group !== null) {
      const norm = { weight, bias, runningMean, runningVar, share, eps }
      return synchronisedNorm(input, norm, this.group)
    }
    return aten.batchNorm(
      input,
      weight,
      bias,
      runningMean,
      runningVar,
      training,
      share,
      eps,
      true, // may use cuDNN
    )
  }

  /**
   * Counts one more batch, and gives its weight in the running statistics: `forward` calls it in
   * training, and so does an operator that takes this layer's work over.
   */
  countBatch(): number {
    noGrad(() => this.batchesTracked.add_(1))
    const momentum = this.cumulative ? null : this.momentum
    return momentum ?? 1 / this.batchesTracked.item()
  }

  /** Forgets the batches: mean 0, variance 1, none counted. */
  resetStatistics(): void {
    noGrad(() => {
      this.runningMean.zero_()
      this.runningVar.fill_(1)
      this.batchesTracked.zero_()
    })
  }

  #requireShape({ shape }: Tensor): void {
    const { dimensions, words } = this.accepts
    const fits = dimensions.includes(shape.length) && shape[1] === this.features
    const values = shape.reduce((product, size) => product * size, 1) / this.features
    if (fits && (values > 1 || !this.training || this.group !== null)) return
    throw new TorchError(
      fits
        ? `torch: ${this.constructor.name}: got [${shape.join(', ')}], ${values} value a channel; training needs more than one for a variance: take a larger batch`
        : `torch: ${this.constructor.name}: got [${shape.join(', ')}]; expected ${words} with ${this.features} channels`,
      { kind: 'argument', argument: 'input', shapes: { input: shape } },
    )
  }
}

/** Over `[batch, channel, y, x]`. */
export class BatchNorm2d extends BatchNorm {
  protected readonly accepts = { dimensions: [4], words: '[batch, channel, y, x]' }
}

/** Over `[batch, channel]` or `[batch, channel, position]`. */
export class BatchNorm1d extends BatchNorm {
  protected readonly accepts = {
    dimensions: [2, 3],
    words: '[batch, channel] or [batch, channel, position]',
  }
}
