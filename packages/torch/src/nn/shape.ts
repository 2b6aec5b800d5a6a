import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'

/** Gives its input back. */
export class Identity extends Layer {
  forward(input: Tensor): Tensor {
    return input
  }
}

/** `[batch, ...]` to `[batch, everything else]`. */
export class Flatten extends Layer {
  forward(input: Tensor): Tensor {
    return input.flatten({ startDim: 1 })
  }
}

/** Mean over all positions: `[batch, channel, y, x]` to `[batch, channel, 1, 1]`. */
export class GlobalAveragePool extends Layer {
  forward(input: Tensor): Tensor {
    return aten.adaptiveAvgPool2d(input, [1, 1])
  }
}

/**
 * In training each value is zero with probability `rate`, and the others grow by `1 / (1 - rate)`.
 *
 * @see Srivastava et al. 2014, JMLR 15:1929.
 */
export class Dropout extends Layer {
  constructor(readonly rate: number) {
    super()
  }

  forward(input: Tensor): Tensor {
    return aten.dropout(input, this.rate, this.training)
  }
}

/** Layers one after another, named 0, 1, 2, ... */
export class Sequential extends Layer {
  constructor(private readonly layers: readonly Layer[]) {
    super()
    layers.forEach((layer, index) => {
      this.register(String(index), layer)
    })
  }

  forward(input: Tensor): Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), input)
  }
}
