import { aten, type Tensor } from '@phenoprint/torch'

/**
 * Drops the whole branch of some samples, and scales the others so that the mean stays: `x * b / (1
 * - rate)`, b drawn once a sample from Bernoulli(1 - rate). For training only.
 *
 * @param branch `[batch, channel, y, x]`.
 * @param rate 0..1; at 0 the branch is given back as it is and nothing is drawn.
 * @see Huang et al. 2016, "Deep networks with stochastic depth" (arXiv:1603.09382).
 */
export function dropConnect(branch: Tensor, rate: number): Tensor {
  if (rate === 0) return branch
  const keep = 1 - rate
  const [samples = 0] = branch.shape
  const kept = aten.empty([samples, 1, 1, 1], { dtype: branch.dtype, device: branch.device })
  return branch.mul(kept.bernoulli_({ p: keep }).div_(keep))
}
