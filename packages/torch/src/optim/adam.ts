import { aten, zeros, zerosLike } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import {
  type GroupOptions,
  Optimiser,
  type ParameterGroup,
  parameterAt,
  type Slots,
} from './optimiser.js'

export interface AdamOptions {
  readonly learningRate?: number
  /** Decay of the running means of the gradient and of its square. */
  readonly betas?: readonly [number, number]
  readonly eps?: number
  readonly weightDecay?: number
  /** One kernel over all parameters, as torch.optim's `fused=True`; without it, list by list. */
  readonly fused?: boolean
}

/**
 * Adam: `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`,
 * `p -= rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)`. Weight decay is added to the gradient.
 *
 * @see Kingma & Ba 2014, arXiv:1412.6980.
 */
export class Adam extends Optimiser {
  protected readonly decoupled: boolean = false
  private readonly betas: readonly [number, number]
  private readonly eps: number
  private readonly fused: boolean

  constructor(
    parameters: readonly Tensor[] | readonly GroupOptions[],
    {
      learningRate = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      fused = true,
    }: AdamOptions = {},
  ) {
    super(parameters, learningRate, weightDecay)
    this.betas = betas
    this.eps = eps
    this.fused = fused
  }

  protected override update(
    group: ParameterGroup,
    { parameters, gradients, indices }: Slots,
  ): void {
    const like = (slot: number) =>
      zerosLike(parameterAt(parameters, slot), { memoryFormat: 'preserve' })
    const means = this.stateOf('expAvg', indices, like)
    const squares = this.stateOf('expAvgSq', indices, like)
    const steps = this.stateOf('step', indices, () => zeros([], { dtype: 'float32' }))
    aten._foreachAddScalar_(steps, 1)
    if (this.fused) this.updateFused(group, parameters, gradients, means, squares, steps)
    else this.updateLists(group, parameters, gradients, means, squares, steps)
  }

  private updateFused(
    { learningRate, weightDecay }: ParameterGroup,
    parameters: Tensor[],
    gradients: Tensor[],
    means: Tensor[],
    squares: Tensor[],
    steps: Tensor[],
  ): void {
    const kernel = this.decoupled ? aten._fusedAdamw_ : aten._fusedAdam_
    kernel(parameters, gradients, means, squares, [], steps, {
      lr: learningRate,
      beta1: this.betas[0],
      beta2: this.betas[1],
      weightDecay,
      eps: this.eps,
      amsgrad: false,
      maximize: false,
    })
  }

  private updateLists(
    { learningRate, weightDecay }: ParameterGroup,
    parameters: Tensor[],
    plainGradients: Tensor[],
    means: Tensor[],
    squares: Tensor[],
    steps: Tensor[],
  ): void {
    let gradients: readonly Tensor[] = plainGradients
    if (weightDecay !== 0) {
      if (this.decoupled) aten._foreachMulScalar_(parameters, 1 - learningRate * weightDecay)
      else gradients = aten._foreachAdd(gradients, parameters, { alpha: weightDecay })
    }
    const [beta1, beta2] = this.betas
    aten._foreachLerpScalar_(means, gradients, 1 - beta1)
    aten._foreachMulScalar_(squares, beta2)
    aten._foreachAddcmul_(squares, gradients, gradients, { value: 1 - beta2 })
    const counts = steps.map((step) => step.item())
    const roots = aten._foreachSqrt(squares)
    aten._foreachDivScalarList_(
      roots,
      counts.map((count) => (1 - beta2 ** count) ** 0.5),
    )
    aten._foreachAddScalar_(roots, this.eps)
    aten._foreachAddcdivScalarList_(
      parameters,
      means,
      roots,
      counts.map((count) => -(learningRate / (1 - beta1 ** count))),
    )
  }
}

/**
 * Adam with decoupled weight decay: parameters shrink by `rate x decay` before each step.
 *
 * @see Loshchilov & Hutter 2017, arXiv:1711.05101.
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true

  constructor(
    parameters: readonly Tensor[] | readonly GroupOptions[],
    { weightDecay = 1e-2, ...rest }: AdamOptions = {},
  ) {
    super(parameters, { weightDecay, ...rest })
  }
}
