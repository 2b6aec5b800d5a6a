import { noGrad } from '../autograd.js'
import { tensor as tensorOf } from '../create.js'
import { aten, emptyLike } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'

export interface TruncatedNormalOptions {
  readonly mean?: number | undefined
  readonly std?: number | undefined
  readonly low?: number | undefined
  readonly high?: number | undefined
}

interface Bounded {
  readonly mean: number
  readonly std: number
  readonly low: number
  readonly high: number
}

/** Where at least this much of the normal distribution lies within the bounds, drawing again is fast. */
const enoughInside = 0.3

/** Normal of a mean and a standard deviation, but no value outside `low`..`high`. */
export function truncatedNormal(
  tensor: Tensor,
  { mean = 0, std = 1, low = -2, high = 2 }: TruncatedNormalOptions = {},
): Tensor {
  const bounded = { mean, std, low, high }
  return noGrad(() => {
    tidy(() => {
      if (shareInside(bounded) > enoughInside) drawAgain(tensor, bounded)
      else acceptUniform(tensor, bounded)
    })
    return tensor
  })
}

/** How much of the normal distribution lies within the bounds: (erf(b / sqrt 2) - erf(a / sqrt 2)) / 2. */
function shareInside({ mean, std, low, high }: Bounded): number {
  const ends = [low, high].map((bound) => (bound - mean) / std / Math.SQRT2)
  const [a = 0, b = 0] = aten.erf(tensorOf(ends, { dtype: 'float64' })).toNumbers()
  return (b - a) / 2
}

/** Draws from the normal distribution, and again in the place of each value that is outside. */
function drawAgain(tensor: Tensor, { mean, std, low, high }: Bounded): void {
  const { dtype } = tensor
  const [least = low, most = high] = tensorOf([low, high], { dtype }).toNumbers()
  let values = tensor.normal_({ mean, std })
  for (;;) {
    const outside = values.lt(least).logicalOr(values.gt(most))
    if (!isTrueAnywhere(outside)) break
    values = aten.where(outside, emptyLike(values).normal_({ mean, std }), values)
  }
  if (values !== tensor) tensor.copy_(values)
}

/**
 * Draws candidates uniformly between the bounds, and accepts each with its density's share of the
 * highest density there, until all are accepted.
 */
function acceptUniform(tensor: Tensor, bounded: Bounded): void {
  const { low, high } = bounded
  const candidates = emptyLike(tensor)
  const chance = emptyLike(tensor)
  candidates.copy_(tensor.uniform_({ from: low, to: high }))
  const isRefused = () => chance.uniform_().log_().gt(toLogDensity(candidates, bounded))
  let refused = isRefused()
  let values = tensor
  while (isTrueAnywhere(refused)) {
    candidates.uniform_({ from: low, to: high })
    values = aten.where(refused, candidates, values)
    refused = aten.where(refused, isRefused(), refused)
  }
  if (values !== tensor) tensor.copy_(values)
}

/** Turns values into the logarithm of their density's share of the highest one within the bounds. */
function toLogDensity(values: Tensor, { mean, std, low, high }: Bounded): Tensor {
  const mode = Math.max(low, Math.min(mean, high))
  const highest = -0.5 * ((mode - mean) / std) ** 2
  return values.sub_(mean).div_(std).pow_(2).mul_(-0.5).sub_(highest)
}

function isTrueAnywhere(mask: Tensor): boolean {
  return mask.any().item() !== 0
}
