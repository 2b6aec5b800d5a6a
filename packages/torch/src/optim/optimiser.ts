import { noGrad } from '../autograd.js'
import { TorchError } from '../errors.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'

/** Parameters that share a learning rate and a weight decay. */
export interface ParameterGroup {
  readonly parameters: readonly Tensor[]
  learningRate: number
  weightDecay: number
}

/** A group as it is given: what is left out is the optimiser's own value. */
export interface GroupOptions {
  readonly parameters: readonly Tensor[]
  readonly learningRate?: number
  readonly weightDecay?: number
}

/** Everything an optimiser remembers: tensors by name, and the rest as JSON. */
export interface OptimiserState {
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly scalars: { readonly groups: readonly { learningRate: number; weightDecay: number }[] }
}

/** The parameters of a group that have a gradient, with their state, all in the same order. */
export interface Slots {
  readonly parameters: Tensor[]
  readonly gradients: Tensor[]
  readonly indices: number[]
}

/**
 * Moves parameters along their gradients. Its state lives until `dispose`; a step leaves no tensor
 * behind.
 */
export abstract class Optimiser {
  readonly groups: readonly ParameterGroup[]
  /** State tensors by `<name>.<parameter index>`, counted over all groups. */
  protected readonly state = new Map<string, Tensor>()

  constructor(
    parameters: readonly Tensor[] | readonly GroupOptions[],
    learningRate: number,
    weightDecay: number,
  ) {
    const groups: GroupOptions[] = parameters.every(isGroup)
      ? [...parameters]
      : [{ parameters: parameters.filter((entry) => !isGroup(entry)) }]
    this.groups = groups.map((group) => ({
      parameters: group.parameters,
      learningRate: group.learningRate ?? learningRate,
      weightDecay: group.weightDecay ?? weightDecay,
    }))
  }

  /** The learning rate of the first group; setting it sets that of every group. */
  get learningRate(): number {
    return this.groups[0]?.learningRate ?? 0
  }

  set learningRate(rate: number) {
    for (const group of this.groups) group.learningRate = rate
  }

  /** Moves every parameter that has a gradient. */
  step(): void {
    noGrad(() =>
      tidy(() => {
        let offset = 0
        for (const group of this.groups) {
          const slots = gather(group, offset)
          if (slots.parameters.length > 0) this.update(group, slots)
          offset += group.parameters.length
        }
      }),
    )
  }

  /** Clears every gradient. */
  zeroGrad(): void {
    for (const { parameters } of this.groups) {
      for (const parameter of parameters) parameter.grad = null
    }
  }

  /** The state's tensors themselves, not copies. */
  stateDict(): OptimiserState {
    const groups = this.groups.map(({ learningRate, weightDecay }) => ({
      learningRate,
      weightDecay,
    }))
    return { tensors: new Map(this.state), scalars: { groups } }
  }

  /**
   * Takes a state over, by copy.
   *
   * @throws {TorchError} when it is of other groups, or of tensors of another shape.
   */
  loadStateDict({ tensors, scalars }: OptimiserState): void {
    if (scalars.groups.length !== this.groups.length) {
      throw new TorchError(
        `optimiser: the state has ${scalars.groups.length} groups of parameters, expected ${this.groups.length}`,
        { kind: 'checkpoint' },
      )
    }
    scalars.groups.forEach(({ learningRate, weightDecay }, index) => {
      const group = this.groups[index]
      if (group !== undefined) Object.assign(group, { learningRate, weightDecay })
    })
    const all = this.groups.flatMap(({ parameters }) => parameters)
    for (const [name, tensor] of tensors) {
      const parameter = all[Number(name.slice(name.lastIndexOf('.') + 1))]
      const fits = tensor.dim === 0 || String(tensor.shape) === String(parameter?.shape)
      if (parameter === undefined || !fits) {
        throw new TorchError(
          `optimiser: the state's ${name} is [${tensor.shape}], expected [${parameter?.shape ?? 'no such parameter'}]`,
          { kind: 'checkpoint' },
        )
      }
    }
    for (const tensor of this.state.values()) tensor.dispose()
    this.state.clear()
    noGrad(() => {
      for (const [name, tensor] of tensors) {
        const parameter = all[Number(name.slice(name.lastIndexOf('.') + 1))]
        this.state.set(name, copyLike(tensor, parameter).keep())
      }
    })
  }

  dispose(): void {
    for (const tensor of this.state.values()) tensor.dispose()
    this.state.clear()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  /** One step of one group, with gradients switched off and inside a tidy scope. */
  protected abstract update(group: ParameterGroup, slots: Slots): void

  /** State tensors of the given parameters, made where they are not there yet. */
  protected stateOf(
    name: string,
    indices: readonly number[],
    make: (slot: number) => Tensor,
  ): Tensor[] {
    return indices.map((index, slot) => {
      const key = `${name}.${index}`
      const known = this.state.get(key)
      if (known !== undefined) return known
      const fresh = make(slot).keep()
      this.state.set(key, fresh)
      return fresh
    })
  }
}

function isGroup(entry: Tensor | GroupOptions): entry is GroupOptions {
  return 'parameters' in entry
}

function gather(group: ParameterGroup, offset: number): Slots {
  const slots: Slots = { parameters: [], gradients: [], indices: [] }
  group.parameters.forEach((parameter, index) => {
    const gradient = parameter.grad
    if (gradient === null) return
    slots.parameters.push(parameter)
    slots.gradients.push(gradient)
    slots.indices.push(offset + index)
  })
  return slots
}

/** A copy with the strides of the parameter it belongs to: fused kernels go over memory in one order. */
function copyLike(tensor: Tensor, parameter: Tensor | undefined): Tensor {
  return tidy(() => {
    if (parameter === undefined || tensor.dim === 0) return tensor.clone()
    const copy = parameter.detach().clone()
    copy.copy_(tensor)
    return copy
  })
}

/** The parameter of a slot. */
export function parameterAt(parameters: readonly Tensor[], slot: number): Tensor {
  const parameter = parameters[slot]
  if (parameter === undefined) throw new RangeError(`optimiser: there is no parameter ${slot}`)
  return parameter
}
