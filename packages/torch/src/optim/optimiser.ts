import { noGrad } from '../autograd.js'
import { tidy } from '../scope.js'
import { isTensor, type Tensor } from '../tensor.js'
import { type Bucket, bucketsOf } from './bucket.js'
import { requireAtLeast, requireTrainable } from './requirements.js'
import { Slot } from './slot.js'
import { type OptimiserState, restoreSlots, savedSlots } from './state.js'

/** Parameters that share a learning rate and a weight decay. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[]
  learningRate: number
  weightDecay: number
}

/** A group as it is given; what is left out is as for the other parameters. */
export interface GroupOptions {
  readonly parameters: readonly Tensor[]
  readonly learningRate?: number | undefined
  readonly weightDecay?: number | undefined
}

/** Parameters in one group, or in groups. */
export type Parameters = readonly Tensor[] | readonly GroupOptions[]

/** The settings that every optimiser has. */
export interface Rates {
  readonly learningRate: number
  readonly weightDecay: number
  /**
   * One kernel over all parameters, as torch.optim's `fused=True`, where libtorch has it for their
   * device; else operators over lists of tensors, as `foreach=True`. They differ in the last bits.
   */
  readonly fused: boolean
}

/**
 * Moves parameters along their gradients. What it remembers of them lives until `dispose()`; a step
 * leaves no tensor behind. The parameters stay their owner's.
 */
export abstract class Optimiser {
  readonly groups: readonly ParameterGroup[]
  /** The tensors it remembers of a parameter, by PyTorch's names. */
  protected abstract readonly remembers: readonly string[]
  readonly #slots: readonly (readonly Slot[])[]
  readonly #fused: boolean

  /** @throws {TorchError} when a parameter cannot be trained or is given twice, or a rate is negative. */
  constructor(parameters: Parameters, { learningRate, weightDecay, fused }: Rates) {
    this.groups = groupsOf(parameters).map((group) => ({
      parameters: group.parameters,
      learningRate: requireAtLeast('learningRate', group.learningRate ?? learningRate, 0),
      weightDecay: requireAtLeast('weightDecay', group.weightDecay ?? weightDecay, 0),
    }))
    requireTrainable(this.groups.flatMap((group) => group.parameters))
    let index = 0
    this.#slots = this.groups.map((group) =>
      group.parameters.map((each) => new Slot(each, index++)),
    )
    this.#fused = fused
  }

  /** The learning rate of the first group; setting it sets that of every group. */
  get learningRate(): number {
    return this.groups[0]?.learningRate ?? 0
  }

  set learningRate(rate: number) {
    requireAtLeast('learningRate', rate, 0)
    for (const group of this.groups) group.learningRate = rate
  }

  /**
   * What share of the last step goes on in the next: Adam's first beta, SGD's momentum. A schedule may
   * set it at each step; it is not part of the saved state.
   *
   * @throws {TorchError} when it is not at least 0 and below 1, or where the optimiser began without one.
   */
  abstract momentum: number

  /** Moves every parameter that has a gradient. */
  step(): void {
    noGrad(() =>
      tidy(() => {
        this.groups.forEach((group, place) => {
          for (const bucket of bucketsOf(this.#slots[place] ?? [], this.#fused)) {
            this.update(group, bucket)
          }
        })
      }),
    )
  }

  /** Has every parameter's slot remember what the work gives it to remember. */
  protected begin(work: (slot: Slot) => void): void {
    noGrad(() => tidy(() => this.#slots.flat().forEach(work)))
  }

  /** Frees every gradient. */
  zeroGrad(): void {
    for (const { parameters } of this.groups) {
      for (const parameter of parameters) parameter.grad = null
    }
  }

  /** All that the next step depends on besides parameters and gradients; the tensors themselves, not copies. */
  stateDict(): OptimiserState {
    const groups = this.groups.map(({ learningRate, weightDecay }) => ({
      learningRate,
      weightDecay,
    }))
    return { tensors: savedSlots(this.#slots.flat()), scalars: { groups } }
  }

  /**
   * Takes a state over, by copy: the next step is to the bit the one that the saved optimiser would
   * have taken.
   *
   * @throws {TorchError} of kind `checkpoint` when it is of other groups, parameters, or another kind of
   *   optimiser. Nothing is changed then.
   */
  loadStateDict({ tensors, scalars }: OptimiserState): void {
    restoreSlots(this.#slots, this.remembers, { tensors, scalars })
    scalars.groups.forEach(({ learningRate, weightDecay }, place) => {
      const group = this.groups[place]
      if (group !== undefined) Object.assign(group, { learningRate, weightDecay })
    })
  }

  /** Frees what it remembers. */
  dispose(): void {
    for (const slot of this.#slots.flat()) slot.forget()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** One step of parameters of one group, device and dtype; recording is off, and what it makes is freed. */
  protected abstract update(group: ParameterGroup, bucket: Bucket): void
}

function groupsOf(parameters: Parameters): readonly GroupOptions[] {
  const groups: GroupOptions[] = []
  const alone: Tensor[] = []
  for (const entry of parameters) {
    if (isTensor(entry)) alone.push(entry)
    else groups.push(entry)
  }
  return alone.length > 0 ? [{ parameters: alone }, ...groups] : groups
}
