import { emptyLike, zeros, zerosLike } from '../ops/index.js'
import type { Tensor } from '../tensor.js'

/** A parameter, and what an optimiser remembers of it. */
export class Slot {
  /** By PyTorch's names, such as `exp_avg`. */
  readonly state = new Map<string, Tensor>()
  #layout = ''

  constructor(
    readonly parameter: Tensor,
    /** Place among all parameters of the optimiser. */
    readonly index: number,
  ) {}

  /** The gradient with the parameter's strides, for kernels that run over memory; null when there is none. */
  gradient(): Tensor | null {
    const { parameter } = this
    const gradient = parameter.grad
    if (gradient === null) return null
    return sameStrides(gradient, parameter) ? gradient : emptyLike(parameter).copy_(gradient)
  }

  /** A running mean of the parameter's shape, at first zero. */
  moment(name: string): Tensor {
    return this.#remembered(name, () => zerosLike(this.parameter))
  }

  /** A count, at first zero; float32 as in PyTorch. It moves to the device where its kernel wants it. */
  counter(name: string, device: string): Tensor {
    const count = this.#remembered(name, () => zeros([], { dtype: 'float32', device }))
    if (count.device === device) return count
    const moved = this.remember(name, count.to({ device }))
    count.dispose()
    return moved
  }

  /** Remembers a tensor until {@link forget}. */
  remember(name: string, value: Tensor): Tensor {
    this.state.set(name, value.keep())
    return value
  }

  /** Frees what is remembered. */
  forget(): void {
    for (const tensor of this.state.values()) tensor.dispose()
    this.state.clear()
  }

  /**
   * Where and how the parameter lies in memory. When its module has moved since the last time, what is
   * remembered moves along.
   */
  settle(): { readonly device: string; readonly dtype: string } {
    const { parameter } = this
    const { device, dtype } = parameter
    const layout = `${device} ${dtype} ${parameter.strides.join()}`
    if (layout !== this.#layout && this.#layout !== '') this.#relay()
    this.#layout = layout
    return { device, dtype }
  }

  #relay(): void {
    for (const [name, old] of this.state) {
      const moved =
        old.dim === this.parameter.dim
          ? emptyLike(this.parameter).copy_(old)
          : old.to({ device: this.parameter.device })
      this.remember(name, moved)
      if (moved !== old) old.dispose()
    }
  }

  #remembered(name: string, make: () => Tensor): Tensor {
    return this.state.get(name) ?? this.remember(name, make())
  }
}

function sameStrides(one: Tensor, other: Tensor): boolean {
  const strides = other.strides
  return one.strides.every((stride, dimension) => stride === strides[dimension])
}
