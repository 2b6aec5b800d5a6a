import { native } from './addon.js'
import { TorchError } from './errors.js'
import { isTensor, type Tensor } from './tensor.js'

/**
 * Runs `work` and frees every tensor made in it that is not in what it returns, also when it throws.
 *
 * Kept are the tensors in the returned value, found through arrays, Maps, Sets and plain objects
 * however deep, and those on which keep() was called. Inside another tidy() what is returned belongs
 * to that one. Gradients that backward() leaves on leaves are the leaves' own.
 *
 * @throws {TorchError} when `work` returns a promise: what it would still do has lost its tensors.
 */
export function tidy<T>(work: () => T): T {
  const depth = native().beginScope()
  let returned: Tensor[] = []
  try {
    const result = work()
    if (isPromise(result)) throw notSynchronous('tidy', result)
    returned = tensorsIn(result)
    return result
  } finally {
    native().endScope(depth, returned)
  }
}

/** Frees every tensor in a value: in arrays, Maps, Sets and plain objects however deep. */
export function dispose(value: unknown): void {
  for (const tensor of tensorsIn(value)) tensor.dispose()
}

/** Work that must be done when its caller goes on, was asynchronous. */
export function notSynchronous(caller: string, promise: PromiseLike<unknown>): TorchError {
  // It goes on without its tensors or its mode, and its own failure would only hide this one.
  promise.then(undefined, () => undefined)
  return new TorchError(
    `torch: ${caller}() was given asynchronous work: it ends when the function returns, not when its promise does. Await outside of it.`,
    { kind: 'argument' },
  )
}

export function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  )
}

function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value]
  const found: Tensor[] = []
  if (typeof value !== 'object' || value === null) return found
  const seen = new Set<object>([value])
  // A list of what is still to be looked into: recursion would end at some ten thousand levels.
  for (let inside: object[] = [value]; inside.length > 0; ) {
    const next: object[] = []
    for (const container of inside) {
      for (const element of elementsOf(container)) {
        if (typeof element !== 'object' || element === null || seen.has(element)) continue
        seen.add(element)
        if (isTensor(element)) found.push(element)
        else next.push(element)
      }
    }
    inside = next
  }
  return found
}

function elementsOf(value: object): Iterable<unknown> {
  if (Array.isArray(value) || value instanceof Set) return value
  if (value instanceof Map) return [...value.keys(), ...value.values()]
  return isPlain(value) ? Object.values(value) : []
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
