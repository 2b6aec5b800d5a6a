import { TorchError } from '../errors.js'
import type { Tensor } from '../tensor.js'

/** A setting that is a number from `least` up, and below `limit` where there is one. */
export function requireAtLeast(
  setting: string,
  value: number,
  least: number,
  limit = Number.POSITIVE_INFINITY,
): number {
  if (value >= least && value < limit) return value
  const range =
    limit === Number.POSITIVE_INFINITY ? `from ${least} up` : `${least} to below ${limit}`
  throw new TorchError(`torch: optimiser: ${setting} is ${value}; expected a number ${range}`, {
    kind: 'argument',
    argument: setting,
  })
}

/**
 * What a kernel over memory can train: leaves of floating-point numbers without gaps in their memory,
 * each given once.
 */
export function requireTrainable(parameters: readonly Tensor[]): void {
  if (parameters.length === 0) throw untrainable('got no parameters; expected at least one')
  const seen = new Set<Tensor>()
  parameters.forEach((parameter, index) => {
    const what = `parameter ${index} (${parameter})`
    if (seen.has(parameter)) throw untrainable(`${what} is given twice`)
    seen.add(parameter)
    if (!parameter.isLeaf) {
      throw untrainable(`${what} is computed from others: expected a leaf, such as its detach()`)
    }
    if (!parameter.isFloatingPoint()) {
      throw untrainable(`${what} is not of a floating-point dtype`)
    }
    if (!isDense(parameter)) {
      throw untrainable(
        `${what} has gaps in its memory: expected a tensor of its own, as clone() gives`,
      )
    }
  })
}

/** Every place from the first to the last in memory is one element. */
function isDense({ shape, strides, numel }: Tensor): boolean {
  if (numel < 2) return true
  const last = strides.reduce((sum, stride, place) => sum + stride * ((shape[place] ?? 1) - 1), 0)
  return last + 1 === numel
}

function untrainable(what: string): TorchError {
  return new TorchError(`torch: optimiser: ${what}`, { kind: 'argument', argument: 'parameters' })
}
