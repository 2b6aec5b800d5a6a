import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'

export interface FocalOptions {
  /** How strongly samples that are right already are left out; 0 is cross entropy. */
  readonly gamma?: number | undefined
  /** Factor on the loss. */
  readonly alpha?: number | undefined
}

/**
 * Focal loss: the mean over samples of `-alpha sum_c q_c (1 - p_c)^gamma ln p_c`, p the softmax of the
 * logits and q the target.
 *
 * @param logits `[batch, class]`.
 * @param target `[batch, class]`, probabilities of the logits' dtype.
 * @see Lin et al. 2017, "Focal loss for dense object detection" (arXiv:1708.02002).
 */
export function focalLoss(
  logits: Tensor,
  target: Tensor,
  { gamma = 2, alpha = 1 }: FocalOptions = {},
): Tensor {
  const logs = aten.logSoftmax(logits, 1)
  // 1 - p, which rounding must not make negative: a fraction of it to a power would be no number.
  const missing = logs.expm1().neg().clampMin(0)
  const weighed = gamma === 0 ? logs : missing.pow(gamma).mul(logs)
  return weighed
    .mul(target)
    .sum({ dim: [1] })
    .mean()
    .mul(-alpha)
}
