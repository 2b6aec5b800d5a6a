import { aten, empty } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { fans, kaimingUniform, uniform } from './init.js'
import { Layer } from './module.js'

export interface ConvolutionOptions {
  readonly inChannels: number
  readonly outChannels: number
  readonly kernelSize: number
  readonly stride?: number
  /** Rows and columns of zeros on each side, or `'same'`: TensorFlow's, see `samePadding`. */
  readonly padding?: number | 'same'
  readonly dilation?: number
  readonly groups?: number
  readonly bias?: boolean
}

/**
 * Two-dimensional convolution: `y[o] = b[o] + sum over c, i, j of w[o, c, i, j] x[c, y + i, x + j]`.
 * Input `[batch, inChannels, y, x]`, weight `[outChannels, inChannels / groups, kernel, kernel]`.
 */
export class Conv2d extends Layer {
  readonly weight: Tensor
  readonly bias: Tensor | null
  readonly kernelSize: number
  readonly stride: number
  readonly padding: number | 'same'
  readonly dilation: number
  readonly groups: number

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
    this.kernelSize = kernelSize
    this.stride = stride
    this.padding = padding
    this.dilation = dilation
    this.groups = groups
    const weight = empty([outChannels, inChannels / groups, kernelSize, kernelSize])
    this.weight = this.parameter('weight', kaimingUniform(weight, Math.sqrt(5)))
    const bound = 1 / Math.sqrt(fans(this.weight.shape).fanIn)
    this.bias = bias ? this.parameter('bias', uniform(empty([outChannels]), -bound, bound)) : null
  }

  forward(input: Tensor): Tensor {
    const { kernelSize, stride, dilation, groups } = this
    let padded = input
    let padding: readonly number[] = [0, 0]
    if (this.padding === 'same') {
      const [height = 0, width = 0] = input.shape.slice(2)
      const y = samePadding(height, kernelSize, stride, dilation)
      const x = samePadding(width, kernelSize, stride, dilation)
      if (y.before === y.after && x.before === x.after) padding = [y.before, x.before]
      else padded = aten.constantPadNd(input, [x.before, x.after, y.before, y.after])
    } else {
      padding = [this.padding, this.padding]
    }
    return aten.conv2d(padded, this.weight, {
      bias: this.bias,
      stride: [stride, stride],
      padding,
      dilation: [dilation, dilation],
      groups,
    })
  }
}

/**
 * TensorFlow's "same" padding: as much as makes the output `ceil(size / stride)` long, the odd one
 * at the end. Asymmetric where the total is odd.
 */
export function samePadding(
  size: number,
  kernel: number,
  stride: number,
  dilation = 1,
): { before: number; after: number } {
  const outputs = Math.ceil(size / stride)
  const total = Math.max(0, (outputs - 1) * stride + (kernel - 1) * dilation + 1 - size)
  const before = Math.floor(total / 2)
  return { before, after: total - before }
}
