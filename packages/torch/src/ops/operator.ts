import { native } from '../addon.js'
import type { NativeOperator } from '../addon-interface.js'
import { TorchError } from '../errors.js'

interface Resolved {
  readonly call: NativeOperator['call']
  /** The place of each argument, by its name in the schema and by its camelCase name. */
  readonly places: ReadonlyMap<string, number>
  readonly parameters: readonly string[]
}

/** `memory_format` as `memoryFormat`; underscores at either end stay: `_fused_adam_` is `_fusedAdam_`. */
export function camelCase(name: string): string {
  return name.replace(/(?<=[a-zA-Z0-9])_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/**
 * A function that calls one operator of libtorch.
 *
 * It takes arguments in the schema's order; a plain object in the last place holds further ones by
 * name, as in the schema or in camelCase. `undefined` stands for the default. The operator is looked
 * up at the first call.
 *
 * @param name with its namespace: `aten::add`.
 * @param overload empty for the default one.
 * @throws {TorchError} from the call: native code that is older than this, no such operator or argument, a value of the wrong type, a
 *   disposed tensor, or what libtorch objects to.
 */
export function operator<F extends (...values: never[]) => unknown>(
  name: string,
  overload: string,
): F {
  let resolved: Resolved | undefined
  const call = (...values: unknown[]): unknown => {
    resolved ??= resolve(name, overload)
    const options = values.at(-1)
    return isOptions(options)
      ? resolved.call(
          ...merge(resolved, values, options, overload === '' ? name : `${name}.${overload}`),
        )
      : resolved.call(...values)
  }
  // The one place where a generated signature meets the untyped call; the check of schemas keeps them equal.
  return call as unknown as F
}

function resolve(name: string, overload: string): Resolved {
  const { call, parameters } = find(name, overload)
  const places = new Map<string, number>()
  parameters.forEach((parameter, place) => {
    places.set(parameter, place).set(camelCase(parameter), place)
  })
  return { call, places, parameters }
}

function find(name: string, overload: string): NativeOperator {
  try {
    return native().operator(name, overload)
  } catch (cause) {
    if (!name.startsWith('phenoprint::')) throw cause
    throw new TorchError(
      `torch: the engine is not ready: its native code has no ${name}, so it was built from other sources than these. Run: npm run setup`,
      { kind: 'engine', operator: name, cause },
    )
  }
}

function isOptions(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  )
}

function merge(
  { places, parameters }: Resolved,
  values: unknown[],
  options: Record<string, unknown>,
  operator: string,
): unknown[] {
  values.pop()
  const positional = values.length
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue
    const place = places.get(key)
    if (place === undefined) {
      const known = parameters.map(camelCase).join(', ')
      throw new TorchError(
        `torch: ${operator}: there is no argument "${key}". It takes ${known}.`,
        {
          kind: 'argument',
          operator,
          argument: key,
        },
      )
    }
    if (place < positional) {
      throw new TorchError(
        `torch: ${operator}: argument "${key}" is given twice, by place and by name`,
        {
          kind: 'argument',
          operator,
          argument: key,
        },
      )
    }
    values[place] = value
  }
  return values
}
