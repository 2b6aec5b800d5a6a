import { noGrad } from '../autograd.js'
import { TorchError } from '../errors.js'
import { aten } from '../ops/index.js'
import { float } from '../scalar.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { tensorsByKind } from './kinds.js'

export interface ClipOptions {
  /** p of the p-norm; infinity takes the greatest magnitude. */
  readonly order?: number | undefined
  /** Throws when the norm is infinite or not a number, and leaves the gradients as they are. */
  readonly errorIfNonFinite?: boolean | undefined
}

/**
 * Scales all gradients by one factor, at most 1, so that their joint norm is at most `limit`.
 *
 * @returns the norm before.
 * @throws {TorchError} with `errorIfNonFinite`, when the norm is not finite.
 * @see Pascanu, Mikolov & Bengio 2013 (arXiv:1211.5063), section 3.2.
 */
export function clipGradientNorm(
  parameters: readonly Tensor[],
  limit: number,
  { order = 2, errorIfNonFinite = false }: ClipOptions = {},
): number {
  return noGrad(() =>
    tidy(() => {
      const gradients = parameters.flatMap((parameter) => parameter.grad ?? [])
      const [first] = gradients
      if (first === undefined) return 0
      const groups = tensorsByKind(gradients)
      const ord = float(order)
      const norms = groups.flatMap((group) => aten._foreachNorm(group, { ord }))
      const together = aten.stack(norms.map((norm) => norm.to({ device: first.device })))
      const norm = aten.linalgVectorNorm(together, { ord })
      const value = norm.item()
      if (errorIfNonFinite && !Number.isFinite(value)) {
        throw new TorchError(
          `torch: clipGradientNorm: the norm of the gradients is ${value}; expected a finite one. Lower the learning rate, or look for values that are not finite in the input.`,
        )
      }
      const factor = norm.add(1e-6).reciprocal().mul(limit).clamp({ max: 1 })
      for (const group of groups) {
        const [{ device } = first] = group
        aten._foreachMulTensor_(group, factor.to({ device }))
      }
      return value
    }),
  )
}
