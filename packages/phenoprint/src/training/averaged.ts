import type { optim } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { keepBuffers } from '../models/keep-buffers.js'
import type { Network } from '../models/network.js'

type Average = NonNullable<Section<'training'>['average']>

/** Takes the weights after a step of the optimiser into an exponential mean. */
export function averageStep(
  average: optim.WeightAverage | null,
  settings: Average | undefined,
  epoch: number,
): void {
  if (settings?.name === 'ema' && epoch >= settings.fromEpoch) average?.update()
}

/** Takes the weights at the end of an epoch into a plain mean: once, also when the epoch's end is gone over again. */
export function averageEpoch(
  average: optim.WeightAverage | null,
  settings: Average | undefined,
  epoch: number,
): void {
  if (settings?.name !== 'swa' || average === null) return
  if (average.count < epoch - settings.fromEpoch + 1) average.update()
}

/**
 * Does some work with the averaged weights in place and the statistics of batch norms taken anew for them;
 * then weights and statistics are as they were, to the bit. Without an average yet, the work is done with the
 * network as it is.
 *
 * @param refresh Takes the statistics.
 */
export async function whileAveraged<T>(
  network: Network,
  average: optim.WeightAverage | null,
  refresh: () => Promise<void>,
  work: () => Promise<T>,
): Promise<T> {
  if (average === null || average.count === 0) return await work()
  const restore = keepBuffers(network)
  try {
    return await average.during(async () => {
      await refresh()
      return await work()
    })
  } finally {
    restore()
  }
}
