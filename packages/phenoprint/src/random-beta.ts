import type { RandomStream } from './random.js'

/**
 * A number from the Beta distribution: of two Gamma variates the share of the first.
 *
 * @param a Above 0.
 * @param b Above 0.
 * @returns 0 to 1.
 */
export function betaVariate(a: number, b: number, stream: RandomStream): number {
  const first = logGamma(a, stream)
  const second = logGamma(b, stream)
  return 1 / (1 + Math.exp(second - first))
}

/**
 * The logarithm of a Gamma variate, so that those of small shapes do not vanish.
 *
 * @see Marsaglia & Tsang 2000, "A simple method for generating gamma variables" (ACM TOMS 26:363);
 *   shapes below 1 by way of the next, as their section 6 says.
 */
function logGamma(shape: number, stream: RandomStream): number {
  if (shape < 1) return logGamma(shape + 1, stream) + Math.log(1 - stream.uniform()) / shape
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = stream.normal()
    const v = (1 + c * x) ** 3
    if (v <= 0) continue
    const bound = 0.5 * x * x + d - d * v + d * Math.log(v)
    if (Math.log(1 - stream.uniform()) < bound) return Math.log(d * v)
  }
}
