import { TorchError } from '../errors.js'
import { aten, empty } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { fans, kaimingUniform, uniform } from './init.js'
import { Layer } from './module.js'
import { type Pair, samePadding, wholePair } from './padding.js'

export interface ConvolutionOptions {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: Pair
  readonly stride?: Pair | undefined
  /** Zeros on each side, or `same`: as TensorFlow pads, see {@link samePadding}. */
  readonly padding?: Pair | 'same' | undefined
  readonly dilation?: Pair | undefined
  /** Channels are divided into so many groups, each convolved on its own. */
  readonly groups?: number | undefined
  readonly bias?: boolean | undefined
}

/**
 * Two-dimensional convolution: `y[o, i, j] = b[o] + sum_c,u,v w[o, c, u, v] x[c, s i + d u, s j + d v]`
 * with stride s and dilation d, over the padded input.
 *
 * `[batch, inChannels, y, x]` to `[batch, outChannels, y', x']`; weight `[outChannels, inChannels /
 * groups, kernel y, kernel x]`. Fresh weights and biases are uniform within 1 / sqrt(fan in).
 *
 * @see LeCun et al. 1989, Neural Computation 1:541.
 */
export class Conv2d extends Layer {
  readonly weight: Tensor
  readonly bias: Tensor | null
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: readonly [y: number, x: number]
  readonly stride: readonly [y: number, x: number]
  readonly padding: readonly [y: number, x: number] | 'same'
  readonly dilation: readonly [y: number, x: number]
  readonly groups: number

  /** @throws {TorchError} when a size is not a whole number, or groups do not divide both channel counts. */
  constructor({
    inChannels,
    outChannels,
    kernelSize,
    stride = 1,
    padding = 0,
    dilation = 1,
    groups = 1,
    bias = true,
  }: ConvolutionOptions) {
    super()
    this.inChannels = inChannels
    this.outChannels = outChannels
    this.kernelSize = wholePair('Conv2d', 'kernelSize', kernelSize, 1)
    this.stride = wholePair('Conv2d', 'stride', stride, 1)
    this.padding = padding === 'same' ? 'same' : wholePair('Conv2d', 'padding', padding, 0)
    this.dilation = wholePair('Conv2d', 'dilation', dilation, 1)
    this.groups = groups
    requireDivisible(inChannels, outChannels, groups)
    const weight = empty([outChannels, inChannels / groups, ...this.kernelSize])
    this.weight = this.parameter('weight', kaimingUniform(weight, { slope: Math.sqrt(5) }))
    const bound = 1 / Math.sqrt(fans(weight.shape).fanIn)
    this.bias = bias ? this.parameter('bias', uniform(empty([outChannels]), -bound, bound)) : null
  }

  forward(input: Tensor): Tensor {
    const { weight, bias, stride, dilation, groups } = this
    const { padded, padding } = this.pad(input)
    return aten.conv2d(padded, weight, { bias, stride, padding, dilation, groups })
  }

  /** The input with the zeros that only one side gets, and the zeros that both sides still need. */
  pad(input: Tensor): {
    readonly padded: Tensor
    readonly padding: readonly [y: number, x: number]
  } {
    if (this.padding !== 'same') return { padded: input, padding: this.padding }
    const [y, x] = this.#sides(input)
    if (y.before === y.after && x.before === x.after) {
      return { padded: input, padding: [y.before, x.before] }
    }
    const sides = [x.before, x.after, y.before, y.after]
    return { padded: aten.constantPadNd(input, sides), padding: [0, 0] }
  }

  #sides({ shape }: Tensor) {
    const { kernelSize, stride, dilation } = this
    return [
      samePadding(shape.at(-2) ?? 0, kernelSize[0], stride[0], dilation[0]),
      samePadding(shape.at(-1) ?? 0, kernelSize[1], stride[1], dilation[1]),
    ] as const
  }
}

function requireDivisible(inChannels: number, outChannels: number, groups: number): void {
  const fits = (channels: number) => Number.isSafeInteger(channels / groups) && channels > 0
  if (groups >= 1 && fits(inChannels) && fits(outChannels)) return
  throw new TorchError(
    `torch: Conv2d: ${groups} groups of ${inChannels} channels in and ${outChannels} out; expected both to be whole multiples of groups`,
    { kind: 'argument', argument: 'groups' },
  )
}
