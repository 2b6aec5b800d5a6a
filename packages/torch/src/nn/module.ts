import { noGrad } from '../autograd.js'
import type { Device, DType, MemoryFormat } from '../dtype.js'
import { TorchError } from '../errors.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { compareStates, hasDifferences, type StateDifferences, stateError } from './state.js'

/** Where {@link Module.to} moves a module, and as what. */
export interface Placement {
  readonly device?: Device | undefined
  /** For floating-point tensors; counts stay integers. */
  readonly dtype?: DType | undefined
  /** For tensors of four dimensions. */
  readonly memoryFormat?: MemoryFormat | undefined
}

/**
 * A part of a network: it owns its parameters, buffers and children, by the names that PyTorch gives
 * them, so that state dictionaries go both ways. Its tensors live until `dispose()`, whatever
 * `tidy()` it was made in.
 */
export abstract class Module {
  readonly #parameters = new Map<string, Tensor>()
  readonly #buffers = new Map<string, Tensor>()
  readonly #children = new Map<string, Module>()
  #training = true

  /** True after `train()`, as at first, and false after `eval()`: batch statistics, dropout. */
  get training(): boolean {
    return this.#training
  }

  /** Adds a child under a name such as `conv_stem`. */
  protected register<M extends Module>(name: string, module: M): M {
    this.#requireFree(name)
    this.#children.set(name, module)
    return module
  }

  /** Adds a tensor that training moves: it is kept and asks for a gradient. */
  protected parameter(name: string, value: Tensor): Tensor {
    this.#requireFree(name)
    value.keep().requiresGrad = true
    this.#parameters.set(name, value)
    return value
  }

  /** Adds a tensor that belongs to the state but is not trained. */
  protected buffer(name: string, value: Tensor): Tensor {
    this.#requireFree(name)
    this.#buffers.set(name, value.keep())
    return value
  }

  /** Every parameter by its full name, in PyTorch's order; one that is shared by its first name only. */
  namedParameters(prefix = ''): Map<string, Tensor> {
    return withoutRepeats(this.#collect(prefix, (module) => [module.#parameters]))
  }

  /** Every buffer by its full name, in PyTorch's order; one that is shared by its first name only. */
  namedBuffers(prefix = ''): Map<string, Tensor> {
    return withoutRepeats(this.#collect(prefix, (module) => [module.#buffers]))
  }

  /** Every parameter, once. */
  parameters(): Tensor[] {
    return [...this.namedParameters().values()]
  }

  /** This module and every one below it, each once, parents before children. */
  modules(): Iterable<Module> {
    return this.#descend(new Set())
  }

  /** Parameters and buffers by full name, in PyTorch's order: the tensors themselves, not copies. */
  stateDict(): Map<string, Tensor> {
    return this.#collect('', (module) => [module.#parameters, module.#buffers])
  }

  /**
   * Copies values into the module's own tensors, converting dtype and device.
   *
   * @throws {TorchError} of kind `checkpoint`, with `strict` (the default), when anything is missing,
   *   unexpected or of another shape. Nothing is copied then.
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor>,
    { strict = true }: { readonly strict?: boolean } = {},
  ): StateDifferences {
    const own = this.stateDict()
    const differences = compareStates(own, state)
    if (strict && hasDifferences(differences)) throw stateError(differences)
    const misfits = new Set(differences.mismatched.map(({ name }) => name))
    noGrad(() => {
      for (const [name, tensor] of own) {
        const value = state.get(name)
        if (value !== undefined && !misfits.has(name)) tensor.copy_(value)
      }
    })
    return differences
  }

  /** Makes it learn: batch statistics, dropout. */
  train(mode = true): this {
    for (const module of this.modules()) module.#training = mode
    return this
  }

  /** Makes it predict: running statistics, no dropout. */
  eval(): this {
    return this.train(false)
  }

  /** Moves every tensor and its gradient to a device, dtype or memory format; the objects stay the same. */
  to(placement: Placement): this {
    tidy(() =>
      noGrad(() => {
        for (const tensor of new Set(this.stateDict().values())) place(tensor, placement)
      }),
    )
    return this
  }

  /** Frees every tensor of this module and those below. */
  dispose(): void {
    for (const tensor of this.stateDict().values()) tensor.dispose()
  }

  [Symbol.dispose](): void {
    this.dispose()
  }

  #requireFree(name: string): void {
    const taken = [this.#parameters, this.#buffers, this.#children].some((table) => table.has(name))
    if (name !== '' && !name.includes('.') && !taken) return
    throw new TorchError(
      `torch: ${this.constructor.name} cannot call a part of itself "${name}": ` +
        (taken
          ? 'it has one of that name. Choose another.'
          : 'expected a name without a dot; dots stand between the names of nested modules.'),
      { kind: 'argument', argument: 'name' },
    )
  }

  *#descend(seen: Set<Module>): Generator<Module> {
    if (seen.has(this)) return
    seen.add(this)
    yield this
    for (const child of this.#children.values()) yield* child.#descend(seen)
  }

  #collect(
    prefix: string,
    tables: (module: Module) => readonly ReadonlyMap<string, Tensor>[],
    into = new Map<string, Tensor>(),
  ): Map<string, Tensor> {
    for (const table of tables(this)) {
      for (const [name, tensor] of table) into.set(prefix + name, tensor)
    }
    for (const [name, child] of this.#children) child.#collect(`${prefix}${name}.`, tables, into)
    return into
  }
}

/** A module with one input and one output. */
export abstract class Layer extends Module {
  abstract forward(input: Tensor): Tensor
}

function withoutRepeats(named: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const seen = new Set<Tensor>()
  return new Map([...named].filter(([, tensor]) => !seen.has(tensor) && seen.add(tensor)))
}

/** Gives a tensor other memory: what holds the tensor, optimisers too, goes on holding it. */
function place(tensor: Tensor, { device, dtype, memoryFormat }: Placement): void {
  const options = {
    device,
    dtype: tensor.isFloatingPoint() ? dtype : undefined,
    memoryFormat: tensor.dim === 4 ? memoryFormat : undefined,
  }
  const gradient = tensor.grad
  tensor.grad = null
  tensor.setData(tensor.detach().to(options))
  if (gradient !== null) tensor.grad = gradient.to(options)
}
