import { aten, empty } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { kaimingUniform, uniform } from './init.js'
import { Layer } from './module.js'

export interface LinearOptions {
  readonly inFeatures: number
  readonly outFeatures: number
  readonly bias?: boolean
}

/** `y = x weight' + bias`: `[..., inFeatures]` to `[..., outFeatures]`. */
export class Linear extends Layer {
  readonly weight: Tensor
  readonly bias: Tensor | null

  constructor({ inFeatures, outFeatures, bias = true }: LinearOptions) {
    super()
    const weight = kaimingUniform(empty([outFeatures, inFeatures]), Math.sqrt(5))
    this.weight = this.parameter('weight', weight)
    const bound = 1 / Math.sqrt(inFeatures)
    this.bias = bias ? this.parameter('bias', uniform(empty([outFeatures]), -bound, bound)) : null
  }

  forward(input: Tensor): Tensor {
    return aten.linear(input, this.weight, { bias: this.bias })
  }
}
