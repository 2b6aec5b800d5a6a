import { noGrad } from '../autograd.js'
import type { Tensor } from '../tensor.js'

export { type TruncatedNormalOptions, truncatedNormal } from './truncated-normal.js'

// Initialisers: they fill a tensor in place and give it back. They draw from the engine's generator with the
// operators of torch.nn.init, in its order and with its rounding: the same seed gives the same weights.

/** How many values an output sums up (fan in), and how many outputs a value goes into (fan out, within a group). */
export function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const [outputs = 1, inputs = 1, ...kernel] = shape
  const field = kernel.reduce((product, size) => product * size, 1)
  return { fanIn: inputs * field, fanOut: outputs * field }
}

/** Uniform from `low` to `high`. */
export function uniform(tensor: Tensor, low = 0, high = 1): Tensor {
  return noGrad(() => tensor.uniform_({ from: low, to: high }))
}

/** Normal of a mean and a standard deviation. */
export function normal(tensor: Tensor, mean = 0, std = 1): Tensor {
  return noGrad(() => tensor.normal_({ mean, std }))
}

/** One value everywhere. */
export function constant(tensor: Tensor, value: number): Tensor {
  return noGrad(() => tensor.fill_(value))
}

export function zeros(tensor: Tensor): Tensor {
  return constant(tensor, 0)
}

export function ones(tensor: Tensor): Tensor {
  return constant(tensor, 1)
}

export interface KaimingOptions {
  /** Of the leaky rectifier that follows, for negative values; 0 for ReLU. */
  readonly slope?: number | undefined
  /** Keeps the variance of the signal forwards (`fanIn`) or of the gradient backwards (`fanOut`). */
  readonly mode?: 'fanIn' | 'fanOut' | undefined
}

/** Uniform within `sqrt(6 / ((1 + slope^2) fan))`. He et al. 2015 (arXiv:1502.01852). */
export function kaimingUniform(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(tensor, options)
  return uniform(tensor, -bound, bound)
}

/** Normal of standard deviation `sqrt(2 / ((1 + slope^2) fan))`. He et al. 2015 (arXiv:1502.01852). */
export function kaimingNormal(tensor: Tensor, options: KaimingOptions = {}): Tensor {
  return normal(tensor, 0, kaimingStd(tensor, options))
}

function kaimingStd({ shape }: Tensor, { slope = 0, mode = 'fanIn' }: KaimingOptions): number {
  return Math.sqrt(2 / (1 + slope ** 2)) / Math.sqrt(fans(shape)[mode])
}

/** Uniform within `gain sqrt(6 / (fanIn + fanOut))`. Glorot & Bengio 2010, AISTATS 9:249. */
export function xavierUniform(tensor: Tensor, gain = 1): Tensor {
  const { fanIn, fanOut } = fans(tensor.shape)
  const bound = Math.sqrt(3) * (gain * Math.sqrt(2 / (fanIn + fanOut)))
  return uniform(tensor, -bound, bound)
}
