import type { Tensor } from '../tensor.js'
import type { Namespaces } from './namespaces.generated.js'
import { operator } from './operator.js'

/**
 * Any operator: positional arguments, then further ones by name in a plain object. The result is as
 * the schema says; name its type when it is not one tensor: `ops.aten.topk.default<[Tensor, Tensor]>(x, 5)`.
 */
export type AnyOperator = <Result = Tensor>(...values: unknown[]) => Result

/** An operator by its overloads; called itself it is the default overload. */
export type Overloads<Names extends string> = AnyOperator & {
  readonly [name in Names]: AnyOperator
}

/**
 * Every operator of libtorch: `ops.aten.special_i0.default(x)`, or `ops.aten.special_i0(x)` for the
 * overload without a name. Those in daily use have their types in `aten`; `operator()` reaches those
 * that other libraries register.
 */
export const ops: Namespaces = lazily((namespace) =>
  lazily((name) => {
    const full = `${namespace}::${name}`
    const overloads = lazily((overload) =>
      operator<AnyOperator>(full, overload === 'default' ? '' : overload),
    )
    return new Proxy(operator<AnyOperator>(full, ''), {
      get: (_, overload) => Reflect.get(overloads, overload),
    })
  }),
)

/**
 * An object whose properties are made when they are first asked for. Its type promises the properties
 * that the schemas have; any other name gives an operator that says so when it is called.
 */
function lazily<T extends object>(make: (name: string) => unknown): T {
  const made = new Map<string, unknown>()
  return new Proxy<T>(Object.create(null), {
    get(_, property) {
      // `then` would make an awaited namespace look like a promise.
      if (typeof property === 'symbol' || property === 'then') return undefined
      const fresh = made.get(property) ?? make(property)
      made.set(property, fresh)
      return fresh
    },
  })
}
