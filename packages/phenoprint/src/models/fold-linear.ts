import { aten, type nn, noGrad, type Tensor, tidy } from '@phenoprint/torch'
import type { FoldedPart } from './block-kernel.js'

/**
 * A linear layer for inference alone, and the batch norm before it, by its running statistics:
 * `W (s x + t) + b = (W s) x + (W t + b)` with `s = scale / sqrt(variance + eps)` and `t = shift - mean
 * s`, computed in double precision.
 */
export function foldLinear({ weight, bias }: nn.Linear, norm: nn.BatchNorm1d | null): FoldedPart {
  const folded = noGrad(() =>
    tidy(() => {
      if (norm === null) return [weight.detach().clone(), bias?.detach().clone() ?? null]
      const exact = (tensor: Tensor) => tensor.to({ dtype: 'float64' })
      const scale = exact(norm.weight).div(exact(norm.runningVar).add(norm.eps).sqrt())
      const shift = exact(norm.bias).sub(exact(norm.runningMean).mul(scale))
      const moved = exact(weight).mv(shift)
      const { dtype } = weight
      return [
        exact(weight).mul(scale).to({ dtype }),
        (bias === null ? moved : moved.add(exact(bias))).to({ dtype }),
      ]
    }),
  )
  const [matrix, offset] = folded.map((tensor) => tensor?.keep() ?? null)
  return {
    forward: (x) => aten.linear(x, matrix ?? x, { bias: offset ?? null }),
    dispose() {
      matrix?.dispose()
      offset?.dispose()
    },
  }
}
