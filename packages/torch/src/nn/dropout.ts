import { TorchError } from '../errors.js'
import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'

/**
 * In training each value becomes 0 with probability `rate`, and the others grow by `1 / (1 - rate)`,
 * so that the mean stays; in evaluation nothing happens.
 *
 * @see Srivastava et al. 2014, Journal of Machine Learning Research 15:1929.
 */
export class Dropout extends Layer {
  readonly rate: number

  /** @param rate 0..1. */
  constructor(rate = 0.5) {
    super()
    if (!(rate >= 0 && rate <= 1)) {
      throw new TorchError(`torch: Dropout: the rate is ${rate}; expected 0 to 1`, {
        kind: 'argument',
        argument: 'rate',
      })
    }
    this.rate = rate
  }

  forward(input: Tensor): Tensor {
    return aten.dropout(input, this.rate, this.training)
  }
}
