import type { Tensor } from '../tensor.js'

type Function = (self: Tensor, ...values: never[]) => unknown

/** Gives Tensor a method for each named function, with the tensor as its first argument. */
export function addMethods<Name extends string>(
  target: { readonly prototype: Tensor },
  functions: { readonly [name in Name]: Function },
  names: readonly Name[],
): void {
  for (const name of names) {
    const call = functions[name]
    Object.defineProperty(target.prototype, name, {
      value(this: Tensor, ...values: never[]) {
        return call(this, ...values)
      },
      writable: true,
      configurable: true,
    })
  }
}
