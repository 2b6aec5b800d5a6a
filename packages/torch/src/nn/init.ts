import { noGrad } from '../autograd.js'
import type { Tensor } from '../tensor.js'

/**
 * Initialisers. They fill a tensor in place from the engine's generator, with the same operators in
 * the same order as PyTorch's, so that the same seed gives the same weights.
 */

/** How many values one output sums (fan in), and how many outputs one input reaches (fan out). */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [outputs = 1, inputs = 1, ...kernel] = shape
  const field = kernel.reduce((product, size) => product * size, 1)
  return { fanIn: inputs * field, fanOut: outputs * field }
}

export function uniform(tensor: Tensor, low: number, high: number): Tensor {
  return noGrad(() => tensor.uniform_({ from: low, to: high }))
}

export function normal(tensor: Tensor, mean: number, std: number): Tensor {
  return noGrad(() => tensor.normal_({ mean, std }))
}

export function constant(tensor: Tensor, value: number): Tensor {
  return noGrad(() => tensor.fill_(value))
}

/**
 * Uniform within +-sqrt(6 / ((1 + slope^2) fanIn)).
 *
 * @param slope Negative slope of the leaky rectifier that follows.
 * @see He et al. 2015, arXiv:1502.01852.
 */
export function kaimingUniform(tensor: Tensor, slope: number): Tensor {
  const gain = Math.sqrt(2 / (1 + slope * slope))
  const bound = (Math.sqrt(3) * gain) / Math.sqrt(fans(tensor.shape).fanIn)
  return uniform(tensor, -bound, bound)
}

/** Normal of standard deviation sqrt(2 / fan). He et al. 2015, arXiv:1502.01852. */
export function kaimingNormal(tensor: Tensor, mode: 'fanIn' | 'fanOut'): Tensor {
  return normal(tensor, 0, Math.sqrt(2) / Math.sqrt(fans(tensor.shape)[mode]))
}

/** Uniform within +-sqrt(6 / (fanIn + fanOut)). Glorot & Bengio 2010, AISTATS. */
export function xavierUniform(tensor: Tensor): Tensor {
  const { fanIn, fanOut } = fans(tensor.shape)
  const bound = Math.sqrt(3) * Math.sqrt(2 / (fanIn + fanOut))
  return uniform(tensor, -bound, bound)
}
