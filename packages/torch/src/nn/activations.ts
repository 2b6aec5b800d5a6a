import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'
import { Layer } from './module.js'

/** `x sigmoid(x)`. Elfwing et al. 2017, arXiv:1702.03118; Ramachandran et al. 2017, arXiv:1710.05941. */
export class SiLU extends Layer {
  forward(input: Tensor): Tensor {
    return aten.silu(input)
  }
}

/** `x tanh(softplus(x))`. Misra 2019, arXiv:1908.08681. */
export class Mish extends Layer {
  forward(input: Tensor): Tensor {
    return aten.mish(input)
  }
}

/** `max(0, x)`. */
export class ReLU extends Layer {
  forward(input: Tensor): Tensor {
    return aten.relu(input)
  }
}

/** `1 / (1 + exp(-x))`. */
export class Sigmoid extends Layer {
  forward(input: Tensor): Tensor {
    return aten.sigmoid(input)
  }
}
