import { aten, empty } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { kaimingUniform, uniform } from './init.js'
import { Layer } from './module.js'

export interface LinearOptions {
  readonly inFeatures: number
  readonly outFeatures: number
  readonly bias?: boolean | undefined
}

/**
 * `y = x weight^T + bias`: `[..., inFeatures]` to `[..., outFeatures]`, weight `[outFeatures,
 * inFeatures]`. Fresh weights and biases are uniform within 1 / sqrt(inFeatures).
 */
export class Linear extends Layer {
  readonly weight: Tensor
  readonly bias: Tensor | null
  readonly inFeatures: number
  readonly outFeatures: number

  constructor({ inFeatures, outFeatures, bias = true }: LinearOptions) {
    super()
    this.inFeatures = inFeatures
    this.outFeatures = outFeatures
    const weight = kaimingUniform(empty([outFeatures, inFeatures]), { slope: Math.sqrt(5) })
    this.weight = this.parameter('weight', weight)
    const bound = inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0
    this.bias = bias ? this.parameter('bias', uniform(empty([outFeatures]), -bound, bound)) : null
  }

  forward(input: Tensor): Tensor {
    return aten.linear(input, this.weight, { bias: this.bias })
  }
}
