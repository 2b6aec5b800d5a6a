import type { Tensor } from '../tensor.js'
import { operator } from './operator.js'

/**
 * Any operator: positional arguments, then further ones by name in a plain object. The result is as
 * the schema says; name its type when it is not one tensor: `ops.aten.topk.default<[Tensor, Tensor]>(x, 5)`.
 */
export type AnyOperator = <Result = Tensor>(...values: unknown[]) => Result

/** An operator by its overloads; called itself it is the default overload. */
export type Overloads = AnyOperator & { readonly [overload: string]: AnyOperator }

/**
 * Every operator of libtorch and of libraries registered with it: `ops.aten.add.Tensor(a, b)`,
 * `ops.aten.relu(x)` or `ops.aten.relu.default(x)`. Those in daily use have types in `aten`.
 */
export const ops: { readonly [namespace: string]: { readonly [name: string]: Overloads } } = lazily(
  (namespace) =>
    lazily((name) => {
      const full = `${namespace}::${name}`
      const overloads = lazily((overload) =>
        operator<AnyOperator>(full, overload === 'default' ? '' : overload),
      )
      const bare = operator<AnyOperator>(full, '')
      return new Proxy(bare, { get: (_, overload) => overloads[String(overload)] }) as Overloads
    }),
)

/** An object whose properties are made when they are first asked for. */
function lazily<T>(make: (name: string) => T): { readonly [name: string]: T } {
  const made = new Map<string, T>()
  return new Proxy<{ readonly [name: string]: T }>(Object.create(null), {
    get(_, property) {
      // `then` would make an awaited namespace look like a promise.
      if (typeof property === 'symbol' || property === 'then') return undefined
      const known = made.get(property)
      if (known !== undefined) return known
      const fresh = make(property)
      made.set(property, fresh)
      return fresh
    },
  })
}
