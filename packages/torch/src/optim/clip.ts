import { noGrad } from '../autograd.js'
import { aten } from '../ops/index.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'

/**
 * Scales all gradients by one factor so that their joint 2-norm is at most `limit`.
 *
 * @returns the norm before.
 * @see Pascanu et al. 2012, arXiv:1211.5063.
 */
export function clipGradientNorm(parameters: readonly Tensor[], limit: number): number {
  return noGrad(() =>
    tidy(() => {
      const gradients = parameters.flatMap((parameter) => parameter.grad ?? [])
      if (gradients.length === 0) return 0
      const norm = aten.linalgVectorNorm(aten.stack(aten._foreachNorm(gradients)))
      const factor = norm.add(1e-6).reciprocal().mul(limit).clamp({ max: 1 })
      aten._foreachMulTensor_(gradients, factor)
      return norm.item()
    }),
  )
}
