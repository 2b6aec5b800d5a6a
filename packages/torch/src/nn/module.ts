import { noGrad } from '../autograd.js'
import type { Device, DType } from '../dtype.js'
import { TorchError } from '../errors.js'
import { aten } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'

/** What `loadStateDict` found that did not fit. Names are full paths. */
export interface StateDifferences {
  /** Tensors of the module that the state lacks. */
  readonly missing: readonly string[]
  /** Tensors of the state that the module lacks. */
  readonly unexpected: readonly string[]
  /** Tensors of another shape. */
  readonly mismatched: readonly {
    readonly name: string
    readonly got: readonly number[]
    readonly expected: readonly number[]
  }[]
}

export interface Placement {
  readonly device?: Device
  /** For floating-point tensors; integers (batch counts) stay as they are. */
  readonly dtype?: DType
  /** For tensors of four dimensions. */
  readonly memoryFormat?: 'channelsLast'
}

/**
 * A part of a network: it owns its parameters, buffers and children, by the names that PyTorch
 * gives them, so that state dictionaries go both ways. It lives until `dispose`.
 */
export abstract class Module {
  private readonly ownParameters = new Map<string, Tensor>()
  private readonly ownBuffers = new Map<string, Tensor>()
  private readonly children = new Map<string, Module>()
  private inTraining = true

  /** True between `train()` and `eval()`: batch statistics, dropout. */
  get training(): boolean {
    return this.inTraining
  }

  /** Adds a child under a name such as `conv_stem`. */
  protected register<M extends Module>(name: string, module: M): M {
    this.children.set(name, module)
    return module
  }

  /** Adds a tensor that training moves; it is kept and asks for a gradient. */
  protected parameter(name: string, value: Tensor): Tensor {
    value.keep().requiresGrad = true
    this.ownParameters.set(name, value)
    return value
  }

  /** Adds a tensor that belongs to the state but is not trained. */
  protected buffer(name: string, value: Tensor): Tensor {
    this.ownBuffers.set(name, value.keep())
    return value
  }

  /** Every parameter by its full name, in PyTorch's order. */
  namedParameters(prefix = ''): Map<string, Tensor> {
    return this.collect(prefix, (module) => [module.ownParameters])
  }

  /** Every buffer by its full name. */
  namedBuffers(prefix = ''): Map<string, Tensor> {
    return this.collect(prefix, (module) => [module.ownBuffers])
  }

  parameters(): Tensor[] {
    return [...this.namedParameters().values()]
  }

  /** This module and every one below it. */
  *modules(): Iterable<Module> {
    yield this
    for (const child of this.children.values()) yield* child.modules()
  }

  /** Parameters and buffers by full name, in PyTorch's order; the tensors themselves, not copies. */
  stateDict(): Map<string, Tensor> {
    return this.collect('', (module) => [module.ownParameters, module.ownBuffers])
  }

  /**
   * Copies values into the module's own tensors.
   *
   * @throws {TorchError} with `strict` (the default) when anything is missing, unexpected or of
   *   another shape; nothing is copied then.
   */
  loadStateDict(
    state: ReadonlyMap<string, Tensor>,
    { strict = true }: { readonly strict?: boolean } = {},
  ): StateDifferences {
    const own = this.stateDict()
    const differences = compareStates(own, state)
    if (strict && hasDifferences(differences)) throw stateError(differences)
    const skipped = new Set(differences.mismatched.map(({ name }) => name))
    tidy(() =>
      noGrad(() => {
        for (const [name, tensor] of own) {
          const value = state.get(name)
          if (value !== undefined && !skipped.has(name)) tensor.copy_(value)
        }
      }),
    )
    return differences
  }

  train(mode = true): this {
    for (const module of this.modules()) module.inTraining = mode
    return this
  }

  eval(): this {
    return this.train(false)
  }

  /** Moves every tensor to a device, dtype or memory format; its object stays the same. */
  to({ device, dtype, memoryFormat }: Placement): this {
    tidy(() =>
      noGrad(() => {
        for (const tensor of this.stateDict().values()) {
          let moved = tensor.detach()
          if (device !== undefined) moved = moved.to({ device })
          if (dtype !== undefined && aten.isFloatingPoint(tensor)) moved = moved.to({ dtype })
          if (memoryFormat !== undefined && tensor.dim === 4) {
            moved = moved.contiguous({ memoryFormat })
          }
          aten.setData(tensor, moved)
        }
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

  private collect(
    prefix: string,
    tables: (module: Module) => readonly Map<string, Tensor>[],
    into = new Map<string, Tensor>(),
  ): Map<string, Tensor> {
    for (const table of tables(this)) {
      for (const [name, tensor] of table) into.set(prefix + name, tensor)
    }
    for (const [name, child] of this.children) child.collect(`${prefix}${name}.`, tables, into)
    return into
  }
}

/** A module with one input and one output. */
export abstract class Layer extends Module {
  abstract forward(input: Tensor): Tensor
}

function compareStates(
  own: ReadonlyMap<string, Tensor>,
  state: ReadonlyMap<string, Tensor>,
): StateDifferences {
  const mismatched = [...own].flatMap(([name, tensor]) => {
    const value = state.get(name)
    if (value === undefined || String(value.shape) === String(tensor.shape)) return []
    return [{ name, got: value.shape, expected: tensor.shape }]
  })
  return {
    missing: [...own.keys()].filter((name) => !state.has(name)),
    unexpected: [...state.keys()].filter((name) => !own.has(name)),
    mismatched,
  }
}

function hasDifferences({ missing, unexpected, mismatched }: StateDifferences): boolean {
  return missing.length + unexpected.length + mismatched.length > 0
}

/** What differs, in words: at most five names of each kind. */
export function describeDifferences({ missing, unexpected, mismatched }: StateDifferences): string {
  const list = (label: string, names: readonly string[]) =>
    names.length === 0
      ? []
      : [
          `${names.length} ${label} (${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''})`,
        ]
  return [
    ...list('missing', missing),
    ...list('unexpected', unexpected),
    ...list(
      'of another shape',
      mismatched.map(({ name, got, expected }) => `${name}: got [${got}], expected [${expected}]`),
    ),
  ].join('; ')
}

function stateError(differences: StateDifferences): TorchError {
  return new TorchError(
    `state dictionary: the tensors do not fit the module: ${describeDifferences(differences)}. ` +
      'Load a state of the same architecture, or pass strict: false to take what fits.',
  )
}
