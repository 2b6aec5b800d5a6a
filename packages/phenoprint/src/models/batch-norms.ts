import { nn } from '@phenoprint/torch'
import type { Network } from './network.js'

type BatchNorm = nn.BatchNorm1d | nn.BatchNorm2d

/** Every batch norm of a network. */
export function batchNorms(network: Network): BatchNorm[] {
  return [...network.modules()].filter(
    (module) => module instanceof nn.BatchNorm1d || module instanceof nn.BatchNorm2d,
  )
}

/**
 * Has a network normalise by each batch that it is given while nothing is dropped out, until it is next told
 * to train or to evaluate.
 */
export function normaliseByBatch(network: Network): void {
  network.eval()
  for (const norm of batchNorms(network)) norm.train()
}

/** Has a network that trains normalise by its running statistics, and leave them as they are. */
export function freezeStatistics(network: Network): void {
  for (const norm of batchNorms(network)) norm.eval()
}

/**
 * Takes the running statistics anew while some work sends images through the network: the mean over its
 * batches of each batch's mean and unbiased variance, in place of what there was. Nothing is dropped out.
 * Afterwards the network is in evaluation mode.
 *
 * @see Izmailov et al. 2018 (arXiv:1803.05407), section 3.2, for averaged weights; Li et al. 2016, "AdaBN"
 *   (arXiv:1603.04779), for images of another domain.
 */
export async function retakeStatistics(network: Network, work: () => Promise<void>): Promise<void> {
  const norms = batchNorms(network)
  network.eval()
  for (const norm of norms) {
    norm.resetStatistics()
    norm.cumulative = true
    norm.train()
  }
  try {
    await work()
  } finally {
    for (const norm of norms) norm.cumulative = false
    network.eval()
  }
}
