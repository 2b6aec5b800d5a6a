import { TorchError } from '../errors.js'
import { aten } from '../ops/index.js'
import type { Tensor } from '../tensor.js'

export interface AngularMarginOptions {
  /** `arcFace` adds the margin to the angle of the target, `cosFace` takes it from its cosine. */
  readonly kind: 'arcFace' | 'cosFace'
  /** Logits are this times the cosines. */
  readonly scale: number
  /** In radians for arcFace (0 to pi), as a cosine for cosFace (at least 0). */
  readonly margin: number
}

/** Least of 1 - cos^2 whose root is taken: the root's gradient has no bound at 0. */
const leastSquare = 1e-6

/**
 * Logits with a margin that the target has to overcome: `scale (y phi(cos t) + (1 - y) cos t)`, y the
 * target. Softmax cross entropy on them pulls an image closer to its class than to others by the margin.
 *
 * - arcFace: `phi(cos t) = cos(t + m) = cos t cos m - sin t sin m` while t + m < pi; beyond, where that
 *   would rise again, `cos t - m sin m` (the easy continuation of the released code). `sin t` is the root
 *   of `1 - cos^2 t`, at least 1e-6.
 * - cosFace: `phi(cos t) = cos t - m`.
 *
 * @param cosines `[batch, class]`, of the angles between an image and each class.
 * @param target `[batch, class]`, probabilities: 1 at the label, or shares of mixed labels.
 * @throws {TorchError} when the margin is out of its range.
 * @see Deng et al. 2019, "ArcFace" (arXiv:1801.07698); Wang et al. 2018, "CosFace" (arXiv:1801.09414).
 */
export function angularMargin(
  cosines: Tensor,
  target: Tensor,
  { kind, scale, margin }: AngularMarginOptions,
): Tensor {
  if (!(margin >= 0 && (kind === 'cosFace' || margin < Math.PI))) {
    throw new TorchError(
      `torch: angularMargin: the margin of ${kind} is ${margin}; expected ${kind === 'arcFace' ? '0 to below pi' : 'at least 0'}`,
      { kind: 'argument', argument: 'margin' },
    )
  }
  const moved = kind === 'cosFace' ? cosines.sub(margin) : arcMoved(cosines, margin)
  return cosines.add(moved.sub(cosines).mul(target)).mul(scale)
}

function arcMoved(cosines: Tensor, margin: number): Tensor {
  const sines = cosines.square().neg().add(1).clampMin(leastSquare).sqrt()
  const turned = cosines.mul(Math.cos(margin)).sub(sines.mul(Math.sin(margin)))
  const beyond = cosines.sub(margin * Math.sin(margin))
  return aten.where(cosines.gt(Math.cos(Math.PI - margin)), turned, beyond)
}
