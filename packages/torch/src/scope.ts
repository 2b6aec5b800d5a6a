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
  const found: Tensor[] = []
  if (isTensor(value)) found.push(value)
  else if (typeof value === 'object' && value !== null) collect(value, found, new Set())
  return found
}

function collect(value: unknown, found: Tensor[], seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return
  seen.add(value)
  if (isTensor(value)) {
    found.push(value)
  } else if (Array.isArray(value) || value instanceof Set) {
    for (const element of value) collect(element, found, seen)
  } else if (value instanceof Map) {
    for (const [key, element] of value) {
      collect(key, found, seen)
      collect(element, found, seen)
    }
  } else if (isPlain(value)) {
    for (const element of Object.values(value)) collect(element, found, seen)
  }
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
