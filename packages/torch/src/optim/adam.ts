import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import type { Bucket } from './bucket.js'
import { Optimiser, type ParameterGroup, type Parameters } from './optimiser.js'
import { requireAtLeast } from './requirements.js'

export interface AdamOptions {
  readonly learningRate?: number | undefined
  /** Decay of the running means of the gradient and of its square, 0 to below 1. */
  readonly betas?: readonly [number, number] | undefined
  /** Added to the root of the mean square. */
  readonly eps?: number | undefined
  readonly weightDecay?: number | undefined
  /** False takes operators over lists of tensors instead of one kernel; the last bits differ. */
  readonly fused?: boolean | undefined
}

/** A bucket with what Adam remembers of its parameters. */
interface Moments extends Bucket {
  readonly means: readonly Tensor[]
  readonly squares: readonly Tensor[]
  readonly steps: readonly Tensor[]
}

/**
 * Adam: with g the gradient, `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, and the t-th step is
 * `p -= rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)`. Weight decay is L2: `g += decay p` at
 * first.
 *
 * @see Kingma & Ba 2015 (arXiv:1412.6980).
 */
export class Adam extends Optimiser {
  protected readonly remembers = ['exp_avg', 'exp_avg_sq', 'step']
  /** Weight decay apart from the gradient. */
  protected readonly decoupled: boolean = false
  #betas: readonly [number, number]
  readonly #eps: number

  constructor(
    parameters: Parameters,
    {
      learningRate = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      fused = true,
    }: AdamOptions = {},
  ) {
    super(parameters, { learningRate, weightDecay, fused })
    for (const beta of betas) requireAtLeast('betas', beta, 0, 1)
    this.#betas = betas
    this.#eps = requireAtLeast('eps', eps, 0)
  }

  get momentum(): number {
    return this.#betas[0]
  }

  set momentum(share: number) {
    this.#betas = [requireAtLeast('momentum', share, 0, 1), this.#betas[1]]
  }

  protected override update(group: ParameterGroup, bucket: Bucket): void {
    const counted = bucket.fused ? bucket.device : 'cpu'
    const moments = {
      ...bucket,
      means: bucket.slots.map((slot) => slot.moment('exp_avg')),
      squares: bucket.slots.map((slot) => slot.moment('exp_avg_sq')),
      steps: bucket.slots.map((slot) => slot.counter('step', counted)),
    }
    aten._foreachAddScalar_(moments.steps, 1)
    if (bucket.fused) this.#updateFused(group, moments)
    else this.#updateLists(group, moments)
  }

  #updateFused(
    { learningRate, weightDecay }: ParameterGroup,
    { parameters, gradients, means, squares, steps }: Moments,
  ): void {
    const kernel = this.decoupled ? aten._fusedAdamw_ : aten._fusedAdam_
    kernel(parameters, gradients, means, squares, [], steps, {
      lr: learningRate,
      beta1: this.#betas[0],
      beta2: this.#betas[1],
      weightDecay,
      eps: this.#eps,
      amsgrad: false,
      maximize: false,
    })
  }

  #updateLists(
    { learningRate, weightDecay }: ParameterGroup,
    { parameters, gradients: given, means, squares, steps }: Moments,
  ): void {
    const [beta1, beta2] = this.#betas
    if (weightDecay !== 0 && this.decoupled) {
      aten._foreachMulScalar_(parameters, 1 - learningRate * weightDecay)
    }
    const gradients =
      weightDecay !== 0 && !this.decoupled
        ? aten._foreachAdd(given, parameters, { alpha: weightDecay })
        : given
    aten._foreachLerpScalar_(means, gradients, 1 - beta1)
    aten._foreachMulScalar_(squares, beta2)
    aten._foreachAddcmul_(squares, gradients, gradients, { value: 1 - beta2 })
    const counts = steps.map((step) => step.item())
    const roots = aten._foreachSqrt(squares)
    aten._foreachDivScalarList_(
      roots,
      counts.map((count) => Math.sqrt(1 - beta2 ** count)),
    )
    aten._foreachAddScalar_(roots, this.#eps)
    aten._foreachAddcdivScalarList_(
      parameters,
      means,
      roots,
      counts.map((count) => -(learningRate / (1 - beta1 ** count))),
    )
  }
}

/**
 * Adam with decoupled weight decay: `p -= rate decay p` before each step, and the gradient stays as it
 * is.
 *
 * @see Loshchilov & Hutter 2019 (arXiv:1711.05101).
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true

  constructor(parameters: Parameters, { weightDecay = 1e-2, ...rest }: AdamOptions = {}) {
    super(parameters, { weightDecay, ...rest })
  }
}
