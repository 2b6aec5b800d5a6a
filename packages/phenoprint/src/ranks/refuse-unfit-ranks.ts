import type { Config } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Ranks } from './ranks.js'

/**
 * Refuses what ranks cannot do together.
 *
 * @param sizes Samples of each joined batch of an epoch.
 * @throws {ConfigError} when a batch has fewer samples than there are ranks, or more than one to a variance is
 *   missing, or when norms cannot be synchronised.
 */
export function refuseUnfitRanks(
  { training, model }: Pick<Config, 'training' | 'model'>,
  ranks: Pick<Ranks, 'size' | 'isAlone' | 'greatestPart'>,
  sizes: readonly number[],
): void {
  if (ranks.isAlone) return
  const synchronised = training.ranks.batchNorm === 'synchronised'
  // Its own batch norm takes a variance over at least two samples; one over all ranks does not need them here.
  const least = ranks.size * (synchronised ? 1 : 2)
  const smallest = Math.min(...sizes)
  if (smallest < least) {
    throw new ConfigError(
      `training.batchSize: the smallest batch of an epoch has ${smallest} samples, expected at least ${least} for ${ranks.size} ranks${synchronised ? '' : ', two each for batch norm'}. Choose a batchSize that leaves a larger last batch (the batches are of ${[...new Set(sizes)].join(' and ')}), or start fewer ranks.`,
    )
  }
  if (!synchronised) return
  const part = ranks.greatestPart(Math.max(...sizes))
  if (training.microBatch !== undefined && training.microBatch < part) {
    throw new ConfigError(
      `training.ranks.batchNorm: synchronised norms take a rank's part of a batch (up to ${part} samples) at once, and training.microBatch is ${training.microBatch}. Leave microBatch out, start more ranks, or use batchNorm: each.`,
    )
  }
  if (model.kernels !== 'stock') {
    throw new ConfigError(
      `training.ranks.batchNorm: synchronised norms need model.kernels: stock, got ${model.kernels}: fused kernels take the statistics of their own rank.`,
    )
  }
}
