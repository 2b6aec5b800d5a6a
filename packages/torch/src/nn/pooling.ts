import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'
import { type Pair, wholePair } from './padding.js'

/**
 * Means over as many windows as the output has places: `[batch, channel, y, x]` to `[batch, channel,
 * ...outputSize]`, whatever the input's size.
 */
export class AdaptiveAvgPool2d extends Layer {
  readonly outputSize: readonly [y: number, x: number]

  constructor(outputSize: Pair) {
    super()
    this.outputSize = wholePair('AdaptiveAvgPool2d', 'outputSize', outputSize, 1)
  }

  forward(input: Tensor): Tensor {
    return aten.adaptiveAvgPool2d(input, this.outputSize)
  }
}

/**
 * The mean over all positions: `[batch, channel, y, x]` to `[batch, channel, 1, 1]`.
 *
 * @see Lin, Chen & Yan 2013 (arXiv:1312.4400), section 3.2.
 */
export class GlobalAveragePool extends AdaptiveAvgPool2d {
  constructor() {
    super(1)
  }
}
