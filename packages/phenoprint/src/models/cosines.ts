import { aten, autocast, type Tensor } from '@phenoprint/torch'
import { castingFor } from './precision.js'

/**
 * `cos(x_i, w_j) = x_i . w_j / (|x_i| |w_j|)`, in float32 whatever autocast says: a margin of an angle is
 * finer than bfloat16 tells cosines apart. Lengths below 1e-12 count as 1e-12.
 *
 * @param x `[batch, size]`
 * @param directions `[class, size]`
 * @returns `[batch, class]`, -1 to 1 up to rounding.
 */
export function cosinesTo(x: Tensor, directions: Tensor): Tensor {
  return autocast(castingFor(x.device, 'fp32'), () =>
    aten.linear(ofLengthOne(asFloat(x)), ofLengthOne(directions)),
  )
}

/** Rows divided by their lengths. */
export function ofLengthOne(rows: Tensor): Tensor {
  return rows.div(
    rows
      .square()
      .sum({ dim: [1], keepdim: true })
      .sqrt()
      .clampMin(1e-12),
  )
}

function asFloat(x: Tensor): Tensor {
  return x.dtype === 'float64' ? x : x.to({ dtype: 'float32' })
}
