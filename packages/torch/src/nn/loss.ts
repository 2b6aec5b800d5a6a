import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'

export interface CrossEntropyOptions {
  /** Share of the target that is spread over all classes, 0..1. */
  readonly labelSmoothing?: number | undefined
  /** `[class]`, a weight for each; with labels the mean is a weighted one. */
  readonly weight?: Tensor | undefined
  readonly reduction?: keyof typeof reductions | undefined
  /** A label whose samples count for nothing; not for probabilities. */
  readonly ignoreLabel?: number | undefined
}

const reductions = { none: 0, mean: 1, sum: 2 } as const

/**
 * Cross entropy: `-sum_c q_c ln p_c` for each sample, p the softmax of its logits. The target q is 1
 * at the label, or the given probabilities; smoothing makes it `(1 - smoothing) q + smoothing /
 * classes`.
 *
 * @param logits `[batch, class]`, or `[batch, class, ...]` for a target at each place.
 * @param target `[batch]` int64 labels, or probabilities of the logits' shape and dtype (soft targets).
 * @returns One number, or `[batch]` with reduction `none`.
 * @throws {TorchError} when shapes or dtypes do not fit, or a label is out of range.
 * @see Smoothing: Szegedy et al. 2016 (arXiv:1512.00567), section 7.
 */
export function crossEntropy(
  logits: Tensor,
  target: Tensor,
  { labelSmoothing = 0, weight, reduction = 'mean', ignoreLabel = -100 }: CrossEntropyOptions = {},
): Tensor {
  return aten.crossEntropyLoss(logits, target, {
    weight,
    reduction: reductions[reduction],
    ignoreIndex: ignoreLabel,
    labelSmoothing,
  })
}
