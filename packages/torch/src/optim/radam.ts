import { aten, fullLike } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { type Bucket, part } from './bucket.js'
import { Optimiser, type ParameterGroup, type Parameters } from './optimiser.js'
import { requireAtLeast } from './requirements.js'

export interface RAdamOptions {
  readonly learningRate?: number | undefined
  /** Decay of the running means of the gradient and of its square, 0 to below 1. */
  readonly betas?: readonly [number, number] | undefined
  /** Added to the root of the mean square. */
  readonly eps?: number | undefined
  readonly weightDecay?: number | undefined
  /** Weight decay apart from the gradient: `p -= rate decay p` before each step. */
  readonly decoupled?: boolean | undefined
}

/** From how long a running mean on, in steps, its root is divided by. */
const leastLength = 5

/**
 * Rectified Adam: with the means m and v as in Adam and `rho = 2 / (1 - b2) - 1`, the square's mean at step t
 * is as long as `rho_t = rho - 2 t b2^t / (1 - b2^t)` steps. Above 5 the step is
 * `p -= rate r (m / (1 - b1^t)) sqrt(1 - b2^t) / (sqrt(v) + eps)` with
 * `r^2 = (rho_t - 4) (rho_t - 2) rho / ((rho - 4) (rho - 2) rho_t)`; up to 5 it is not adapted:
 * `p -= rate m / (1 - b1^t)`. Weight decay is L2, `g += decay p` at first, unless decoupled. It runs as
 * operators over lists of tensors: libtorch has no fused kernel for it.
 *
 * @see Liu et al. 2020, "On the variance of the adaptive learning rate and beyond" (arXiv:1908.03265).
 */
export class RAdam extends Optimiser {
  protected readonly remembers = ['exp_avg', 'exp_avg_sq', 'step']
  #betas: readonly [number, number]
  readonly #eps: number
  readonly #decoupled: boolean

  constructor(
    parameters: Parameters,
    {
      learningRate = 1e-3,
      betas = [0.9, 0.999],
      eps = 1e-8,
      weightDecay = 0,
      decoupled = false,
    }: RAdamOptions = {},
  ) {
    super(parameters, { learningRate, weightDecay, fused: false })
    for (const beta of betas) requireAtLeast('betas', beta, 0, 1)
    this.#betas = betas
    this.#eps = requireAtLeast('eps', eps, 0)
    this.#decoupled = decoupled
  }

  get momentum(): number {
    return this.#betas[0]
  }

  set momentum(share: number) {
    this.#betas = [requireAtLeast('momentum', share, 0, 1), this.#betas[1]]
  }

  protected override update(group: ParameterGroup, bucket: Bucket): void {
    const steps = bucket.slots.map((slot) => slot.counter('step', 'cpu'))
    aten._foreachAddScalar_(steps, 1)
    const counts = new Map(bucket.slots.map((slot, place) => [slot, steps[place]?.item() ?? 0]))
    for (const count of new Set(counts.values())) {
      this.#move(
        group,
        part(bucket, (slot) => counts.get(slot) === count),
        count,
      )
    }
  }

  /** One step of parameters that have been moved as often, this one included. */
  #move({ learningRate, weightDecay }: ParameterGroup, bucket: Bucket, count: number): void {
    const { parameters } = bucket
    const [beta1, beta2] = this.#betas
    const means = bucket.slots.map((slot) => slot.moment('exp_avg'))
    const squares = bucket.slots.map((slot) => slot.moment('exp_avg_sq'))
    let gradients = bucket.gradients
    if (weightDecay !== 0 && this.#decoupled) {
      aten._foreachMulScalar_(parameters, 1 - learningRate * weightDecay)
    } else if (weightDecay !== 0) {
      gradients = aten._foreachAdd(gradients, parameters, { alpha: weightDecay })
    }
    aten._foreachLerpScalar_(means, gradients, 1 - beta1)
    aten._foreachMulScalar_(squares, beta2)
    aten._foreachAddcmul_(squares, gradients, gradients, { value: 1 - beta2 })
    // As PyTorch rounds: the factor of each mean is a tensor, from the reciprocal of what it is divided by.
    const bias = 1 - beta1 ** count
    const factor = rectification(beta2, count)
    if (factor === null) {
      aten._foreachAddcmul_(parameters, means, filled(means, -(learningRate / bias)))
      return
    }
    const factors = aten._foreachSqrt(squares)
    aten._foreachAddScalar_(factors, this.#eps)
    const adapted = Math.sqrt(1 - beta2 ** count) * ((learningRate * factor) / bias)
    aten._foreachDivScalar_(factors, -adapted)
    aten._foreachReciprocal_(factors)
    aten._foreachAddcmul_(parameters, means, factors)
  }
}

function filled(tensors: readonly Tensor[], value: number): Tensor[] {
  return tensors.map((tensor) => fullLike(tensor, value))
}

/** r of step t; null where the mean of squares is too short to divide by. */
function rectification(beta2: number, t: number): number | null {
  const longest = 2 / (1 - beta2) - 1
  const length = longest - (2 * t * beta2 ** t) / (1 - beta2 ** t)
  if (length <= leastLength) return null
  const above = (length - 4) * (length - 2) * longest
  return Math.sqrt(above / ((longest - 4) * (longest - 2) * length))
}
