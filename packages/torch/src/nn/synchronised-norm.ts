import { noGrad } from '../autograd.js'
import type { Group } from '../distributed/group.js'
import { aten, full } from '../ops/index.js'
import type { Tensor } from '../tensor.js'

/** Float tensors of `[channel]`; the running ones move by `share` of the batch's. */
export interface SynchronisedNorm {
  readonly weight: Tensor
  readonly bias: Tensor
  readonly runningMean: Tensor
  readonly runningVar: Tensor
  readonly share: number
  readonly eps: number
}

/**
 * Batch normalisation over the samples of all ranks: mean, then the mean of squared differences from it, each by
 * a sum over the ranks that autograd goes back through. Ranks may have different numbers of samples.
 *
 * @param input `[batch, channel, ...]` of this rank.
 * @returns of the input's dtype.
 */
export function synchronisedNorm(input: Tensor, norm: SynchronisedNorm, group: Group): Tensor {
  const { weight, bias, runningMean, runningVar, share, eps } = norm
  const channels = weight.shape[0] ?? 0
  const values = input.to({ dtype: 'float32' })
  const others = input.shape.map((_, dim) => dim).filter((dim) => dim !== 1)
  const alongChannels = [1, channels, ...others.slice(1).map(() => 1)]
  const own = full([1], input.shape.reduce((product, size) => product * size, 1) / channels, {
    device: input.device,
  })

  const sums = group.summed(aten.cat([values.sum({ dim: others }), own]))
  const count = sums.narrow(0, channels, 1).detach()
  const mean = sums.narrow(0, 0, channels).div(count)
  const centred = values.sub(mean.reshape(alongChannels))
  const variance = group.summed(centred.square().sum({ dim: others })).div(count)
  noGrad(() => {
    const unbiased = variance.mul(count.div(count.sub(1)))
    runningMean.mul_(1 - share).add_(mean, { alpha: share })
    runningVar.mul_(1 - share).add_(unbiased, { alpha: share })
  })
  const scale = variance.add(eps).rsqrt().mul(weight)
  return centred
    .mul(scale.reshape(alongChannels))
    .add(bias.reshape(alongChannels))
    .to({ dtype: input.dtype })
}
