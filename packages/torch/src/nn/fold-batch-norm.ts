import { noGrad } from '../autograd.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import type { BatchNorm2d } from './batch-norm.js'
import type { Conv2d } from './convolution.js'

/** A convolution that does a norm's work too; both are tensors of their own, without gradients. */
export interface FoldedWeights {
  /** As the convolution's. */
  readonly weight: Tensor
  /** `[outChannels]`. */
  readonly bias: Tensor
}

/**
 * A convolution and the batch norm behind it, by its running statistics, as one convolution:
 * `weight s` and `(bias - mean) s + shift`, with `s = scale / sqrt(variance + eps)`, computed in
 * double precision.
 */
export function foldBatchNorm(convolution: Conv2d, norm: BatchNorm2d): FoldedWeights {
  return noGrad(() =>
    tidy(() => {
      const { weight, bias } = convolution
      const exact = (tensor: Tensor) => tensor.to({ dtype: 'float64' })
      const deviation = exact(norm.runningVar).add(norm.eps).sqrt()
      const scale = exact(norm.weight).div(deviation)
      const centred =
        bias === null ? exact(norm.runningMean).neg() : exact(bias).sub(exact(norm.runningMean))
      return {
        weight: exact(weight)
          .mul(scale.reshape([-1, 1, 1, 1]))
          .to({ dtype: weight.dtype }),
        bias: exact(norm.bias).add(centred.mul(scale)).to({ dtype: weight.dtype }),
      }
    }),
  )
}
