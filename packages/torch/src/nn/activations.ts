import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'

/**
 * `x sigmoid(x)`, also called swish.
 *
 * @see Elfwing, Uchibe & Doya 2017 (arXiv:1702.03118); Ramachandran, Zoph & Le 2017 (arXiv:1710.05941).
 */
export class SiLU extends Layer {
  forward(input: Tensor): Tensor {
    return aten.silu(input)
  }
}

/**
 * `x tanh(ln(1 + e^x))`.
 *
 * @see Misra 2019 (arXiv:1908.08681).
 */
export class Mish extends Layer {
  forward(input: Tensor): Tensor {
    return aten.mish(input)
  }
}

/**
 * `max(0, x)`.
 *
 * @see Nair & Hinton 2010, ICML 27:807.
 */
export class ReLU extends Layer {
  forward(input: Tensor): Tensor {
    return aten.relu(input)
  }
}

/** `1 / (1 + e^-x)`. */
export class Sigmoid extends Layer {
  forward(input: Tensor): Tensor {
    return aten.sigmoid(input)
  }
}
