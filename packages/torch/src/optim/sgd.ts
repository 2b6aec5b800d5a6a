import { aten, zerosLike } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import {
  type GroupOptions,
  Optimiser,
  type ParameterGroup,
  parameterAt,
  type Slots,
} from './optimiser.js'

export interface SgdOptions {
  readonly learningRate?: number
  readonly momentum?: number
  readonly dampening?: number
  readonly nesterov?: boolean
  /** L2: added to the gradient. */
  readonly weightDecay?: number
  /** One kernel over all parameters, as torch.optim's `fused=True`; without it, list by list. */
  readonly fused?: boolean
}

/**
 * Gradient descent with momentum: `v = momentum v + (1 - dampening) g`, `p -= rate v`; with Nesterov
 * `p -= rate (g + momentum v)`. The first step takes `v = g`.
 *
 * @see Sutskever et al. 2013, ICML, "On the importance of initialization and momentum".
 */
export class SGD extends Optimiser {
  private readonly momentum: number
  private readonly dampening: number
  private readonly nesterov: boolean
  private readonly fused: boolean

  constructor(
    parameters: readonly Tensor[] | readonly GroupOptions[],
    {
      learningRate = 1e-3,
      momentum = 0,
      dampening = 0,
      nesterov = false,
      weightDecay = 0,
      fused = true,
    }: SgdOptions = {},
  ) {
    super(parameters, learningRate, weightDecay)
    this.momentum = momentum
    this.dampening = dampening
    this.nesterov = nesterov
    this.fused = fused
  }

  protected override update(group: ParameterGroup, slots: Slots): void {
    // Parameters that meet their first gradient start their velocity; the others carry theirs on.
    const begun = (index: number) => this.momentum === 0 || this.state.has(`momentum.${index}`)
    for (const first of [true, false]) {
      const chosen = slots.indices.flatMap((index, slot) => (begun(index) !== first ? [slot] : []))
      if (chosen.length > 0) this.updateSome(group, pick(slots, chosen), first)
      if (first && chosen.length === slots.indices.length) return
    }
  }

  private updateSome(
    { learningRate, weightDecay }: ParameterGroup,
    { parameters, gradients, indices }: Slots,
    first: boolean,
  ): void {
    const velocities =
      this.momentum === 0
        ? []
        : this.stateOf('momentum', indices, (slot) =>
            zerosLike(parameterAt(parameters, slot), { memoryFormat: 'preserve' }),
          )
    if (this.fused) {
      aten._fusedSgd_(parameters, gradients, velocities, {
        weightDecay,
        momentum: this.momentum,
        lr: learningRate,
        dampening: this.dampening,
        nesterov: this.nesterov,
        maximize: false,
        isFirstStep: first,
      })
      return
    }
    let moves: readonly Tensor[] = gradients
    if (weightDecay !== 0) moves = aten._foreachAdd(gradients, parameters, { alpha: weightDecay })
    if (this.momentum !== 0) {
      if (first) aten._foreachAdd_(velocities, moves)
      else {
        aten._foreachMulScalar_(velocities, this.momentum)
        aten._foreachAdd_(velocities, moves, { alpha: 1 - this.dampening })
      }
      moves = this.nesterov
        ? aten._foreachAdd(moves, velocities, { alpha: this.momentum })
        : velocities
    }
    aten._foreachAdd_(parameters, moves, { alpha: -learningRate })
  }
}

function pick({ parameters, gradients, indices }: Slots, chosen: readonly number[]): Slots {
  const from = <T>(list: readonly T[]) => chosen.flatMap((slot) => list[slot] ?? [])
  return { parameters: from(parameters), gradients: from(gradients), indices: from(indices) }
}
