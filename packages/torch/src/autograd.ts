import { native } from './addon.js'
import type { DType } from './dtype.js'
import { isPromise, notSynchronous } from './scope.js'
import type { Tensor } from './tensor.js'

/** Runs `work` without recording it: for updates of parameters, and for prediction. */
export function noGrad<T>(work: () => T): T {
  return within('noGrad', native().enterGradMode(false), work)
}

/** Runs `work` with recording, inside noGrad(). */
export function enableGrad<T>(work: () => T): T {
  return within('enableGrad', native().enterGradMode(true), work)
}

/** noGrad() that also leaves out what autograd would need later: its tensors can never require a gradient. */
export function inferenceMode<T>(work: () => T): T {
  return within('inferenceMode', native().enterInferenceMode(), work)
}

/**
 * Runs `work` with operators that gain from it in a 16-bit dtype, as torch.autocast; losses and sums
 * stay in float32. Parameters stay as they are: each is cast once for all of `work`.
 *
 * @param options.enabled false switches it off inside another autocast().
 */
export function autocast<T>(
  {
    device = 'cpu',
    dtype,
    enabled = true,
  }: { device?: 'cpu' | 'cuda'; dtype: 'bfloat16' | 'float16'; enabled?: boolean },
  work: () => T,
): T {
  return within('autocast', native().enterAutocast(device, enabled, dtype satisfies DType), work)
}

export function isGradEnabled(): boolean {
  return native().isGradEnabled()
}

/**
 * Gradients of `outputs` by `inputs`, without touching any `grad`.
 *
 * @param options.outputGradients of a result by each output; may be left out for outputs of one element.
 * @param options.createGraph records the gradients themselves, for gradients of gradients.
 * @param options.allowUnused gives null for an input that the outputs do not depend on; else that throws.
 */
export function gradients(
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  {
    outputGradients = [],
    createGraph = false,
    retainGraph = createGraph,
    allowUnused = false,
  }: {
    outputGradients?: readonly (Tensor | null)[]
    createGraph?: boolean
    retainGraph?: boolean
    allowUnused?: boolean
  } = {},
): (Tensor | null)[] {
  return native().gradients<Tensor | null>(
    outputs,
    inputs,
    outputGradients,
    retainGraph,
    createGraph,
    allowUnused,
  )
}

function within<T>(caller: string, depth: number, work: () => T): T {
  try {
    const result = work()
    if (isPromise(result)) throw notSynchronous(caller, result)
    return result
  } finally {
    native().leaveMode(depth)
  }
}
