import { TorchError } from '../errors.js'
import { aten, emptyLike } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { type Bucket, part } from './bucket.js'
import { Optimiser, type ParameterGroup, type Parameters } from './optimiser.js'
import { requireAtLeast } from './requirements.js'

export interface SgdOptions {
  readonly learningRate?: number | undefined
  readonly momentum?: number | undefined
  readonly dampening?: number | undefined
  /** Looks ahead along the momentum; needs a momentum and no dampening. */
  readonly nesterov?: boolean | undefined
  readonly weightDecay?: number | undefined
  /** False takes operators over lists of tensors instead of one kernel; the last bits differ. */
  readonly fused?: boolean | undefined
}

const velocity = 'momentum_buffer'

/**
 * Gradient descent: with g the gradient, `v = momentum v + (1 - dampening) g` (`v = g` at a parameter's
 * first step), `p -= rate v`, or with Nesterov momentum `p -= rate (g + momentum v)`. Weight decay is
 * L2: `g += decay p` at first.
 *
 * @see Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning", ICML 30.
 */
export class SGD extends Optimiser {
  protected readonly remembers: readonly string[]
  #momentum: number
  readonly #dampening: number
  readonly #nesterov: boolean

  constructor(
    parameters: Parameters,
    {
      learningRate = 1e-3,
      momentum = 0,
      dampening = 0,
      nesterov = false,
      weightDecay = 0,
      fused = true,
    }: SgdOptions = {},
  ) {
    super(parameters, { learningRate, weightDecay, fused })
    this.#momentum = requireAtLeast('momentum', momentum, 0)
    this.#dampening = dampening
    this.#nesterov = nesterov
    this.remembers = momentum === 0 ? [] : [velocity]
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      throw new TorchError(
        `torch: optimiser: nesterov with momentum ${momentum} and dampening ${dampening}; expected a momentum above 0 and no dampening`,
        { kind: 'argument', argument: 'nesterov' },
      )
    }
  }

  get momentum(): number {
    return this.#momentum
  }

  set momentum(share: number) {
    if (this.remembers.length === 0 && share !== 0) {
      throw new TorchError(
        `torch: optimiser: momentum ${share} for an SGD that was made without one; expected 0, or give it a momentum at first`,
        { kind: 'argument', argument: 'momentum' },
      )
    }
    this.#momentum = requireAtLeast('momentum', share, 0, 1)
  }

  protected override update(group: ParameterGroup, bucket: Bucket): void {
    if (this.#momentum === 0) {
      this.#move(group, bucket, [], false)
      return
    }
    const isFirst = new Map(bucket.slots.map((slot) => [slot, !slot.state.has(velocity)]))
    for (const first of [true, false]) {
      const some = part(bucket, (slot) => isFirst.get(slot) === first)
      if (some.slots.length === 0) continue
      const velocities = some.slots.map((slot) =>
        first ? slot.remember(velocity, emptyLike(slot.parameter)) : slot.moment(velocity),
      )
      this.#move(group, some, velocities, first)
    }
  }

  #move(
    group: ParameterGroup,
    bucket: Bucket,
    velocities: readonly Tensor[],
    first: boolean,
  ): void {
    if (bucket.fused) {
      aten._fusedSgd_(bucket.parameters, bucket.gradients, velocities, {
        weightDecay: group.weightDecay,
        momentum: this.#momentum,
        lr: group.learningRate,
        dampening: this.#dampening,
        nesterov: this.#nesterov,
        maximize: false,
        isFirstStep: first,
      })
    } else {
      this.#moveLists(group, bucket, velocities, first)
    }
  }

  #moveLists(
    { learningRate, weightDecay }: ParameterGroup,
    { parameters, gradients: given }: Bucket,
    velocities: readonly Tensor[],
    first: boolean,
  ): void {
    const gradients =
      weightDecay === 0 ? given : aten._foreachAdd(given, parameters, { alpha: weightDecay })
    if (first) {
      aten._foreachCopy_(velocities, gradients)
    } else if (velocities.length > 0) {
      aten._foreachMulScalar_(velocities, this.#momentum)
      aten._foreachAdd_(velocities, gradients, { alpha: 1 - this.#dampening })
    }
    let moves = velocities.length > 0 ? velocities : gradients
    if (this.#nesterov) moves = aten._foreachAdd(gradients, velocities, { alpha: this.#momentum })
    aten._foreachAdd_(parameters, moves, { alpha: -learningRate })
  }
}
