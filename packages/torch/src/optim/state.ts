import { noGrad } from '../autograd.js'
import { TorchError } from '../errors.js'
import { emptyLike } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { Slot } from './slot.js'

/** What an optimiser remembers: tensors by name, and the rest as JSON. */
export interface OptimiserState {
  /** By `<index>.<name>`: the parameter's place among all, and PyTorch's name, as in `3.exp_avg`. */
  readonly tensors: ReadonlyMap<string, Tensor>
  readonly scalars: {
    readonly groups: readonly { readonly learningRate: number; readonly weightDecay: number }[]
  }
}

export function savedSlots(slots: readonly Slot[]): Map<string, Tensor> {
  return new Map(
    slots.flatMap(({ index, state }) =>
      [...state].map(([name, tensor]): [string, Tensor] => [`${index}.${name}`, tensor]),
    ),
  )
}

/**
 * Replaces what slots remember by copies of a state's tensors, in the parameters' layout.
 *
 * @param names Of the tensors that each parameter has, if it has any.
 * @throws {TorchError} of kind `checkpoint` when the state does not fit; nothing is changed then.
 */
export function restoreSlots(
  groups: readonly (readonly Slot[])[],
  names: readonly string[],
  { tensors, scalars }: OptimiserState,
): void {
  if (scalars.groups.length !== groups.length) {
    throw misfit(`it has ${scalars.groups.length} groups of parameters, expected ${groups.length}`)
  }
  const slots = groups.flat()
  const known = new Set(slots.flatMap(({ index }) => names.map((name) => `${index}.${name}`)))
  const stray = [...tensors.keys()].find((name) => !known.has(name))
  if (stray !== undefined) {
    throw misfit(
      `got ${stray}, expected <index>.<name> with an index below ${slots.length} and ${
        names.length === 0 ? 'no names' : `a name of ${names.join(', ')}`
      }`,
    )
  }
  const restored = noGrad(() => tidy(() => slots.map((slot) => copies(slot, names, tensors))))
  slots.forEach((slot, place) => {
    slot.forget()
    for (const [name, tensor] of restored[place] ?? []) slot.remember(name, tensor)
  })
}

/** Copies of the tensors that a state has for one parameter: all of them or none. */
function copies(
  { index, parameter }: Slot,
  names: readonly string[],
  tensors: ReadonlyMap<string, Tensor>,
): Map<string, Tensor> {
  const found = new Map<string, Tensor>()
  for (const name of names) {
    const tensor = tensors.get(`${index}.${name}`)
    if (tensor === undefined) continue
    const isCount = name.endsWith('step')
    const expected = isCount ? [] : parameter.shape
    if (tensor.shape.join() !== expected.join()) {
      throw misfit(
        `${index}.${name} is [${tensor.shape.join(', ')}], expected [${expected.join(', ')}]`,
      )
    }
    found.set(name, isCount ? tensor.clone() : emptyLike(parameter).copy_(tensor))
  }
  if (found.size === 0 || found.size === names.length) return found
  const absent = names.filter((name) => !found.has(name)).map((name) => `${index}.${name}`)
  throw misfit(`${absent.join(', ')} is missing`)
}

function misfit(what: string): TorchError {
  return new TorchError(
    `torch: optimiser: the state does not fit: ${what}. Load the state of the same optimiser and parameters.`,
    { kind: 'checkpoint', argument: 'state' },
  )
}
