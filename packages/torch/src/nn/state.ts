import { TorchError } from '../errors.js'
import type { Tensor } from '../tensor.js'

/** In what a state does not fit a module. Names are full ones. */
export interface StateDifferences {
  /** Tensors of the module that the state lacks. */
  readonly missing: readonly string[]
  /** Tensors of the state that the module lacks. */
  readonly unexpected: readonly string[]
  /** Tensors whose shape the state has otherwise. */
  readonly mismatched: readonly {
    readonly name: string
    readonly got: readonly number[]
    readonly expected: readonly number[]
  }[]
}

export function compareStates(
  own: ReadonlyMap<string, Tensor>,
  state: ReadonlyMap<string, Tensor>,
): StateDifferences {
  return {
    missing: [...own.keys()].filter((name) => !state.has(name)),
    unexpected: [...state.keys()].filter((name) => !own.has(name)),
    mismatched: [...own].flatMap(([name, tensor]) => {
      const got = state.get(name)?.shape
      const expected = tensor.shape
      return got === undefined || got.join() === expected.join() ? [] : [{ name, got, expected }]
    }),
  }
}

export function hasDifferences({ missing, unexpected, mismatched }: StateDifferences): boolean {
  return missing.length + unexpected.length + mismatched.length > 0
}

/** The error of a strict load: it names what is missing, unexpected and of another shape. */
export function stateError({ missing, unexpected, mismatched }: StateDifferences): TorchError {
  const shapes = mismatched.map(
    ({ name, got, expected }) =>
      `${name}: got [${got.join(', ')}], expected [${expected.join(', ')}]`,
  )
  const parts = [
    ...listed('missing', missing),
    ...listed('unexpected', unexpected),
    ...listed('of another shape', shapes),
  ]
  return new TorchError(
    `torch: the state does not fit the module: ${parts.join('; ')}. ` +
      'Load a state of the same architecture, or pass strict: false to take what fits.',
    { kind: 'checkpoint', argument: 'state' },
  )
}

const shown = 5

function listed(what: string, names: readonly string[]): string[] {
  if (names.length === 0) return []
  const more = names.length > shown ? `, and ${names.length - shown} more` : ''
  return [`${names.length} ${what} (${names.slice(0, shown).join(', ')}${more})`]
}
