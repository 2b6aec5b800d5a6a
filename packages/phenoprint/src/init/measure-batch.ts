import { manualSeed, optim, setThreads } from '@phenoprint/torch'
import { configSchema } from '../config/config.js'
import { createNetwork } from '../models/create-network.js'
import type { NetworkShape } from '../models/network.js'
import { freeMemory } from '../training/free-memory.js'
import { TrainingLoss } from '../training/loss.js'
import { checkStepMemory } from '../training/measure-step.js'
import { largestBatch } from '../training/memory-estimate.js'
import { architecture } from './choose-sizes.js'

/** Samples of the larger of the two measured steps. */
const samples = 8

/**
 * The largest batch of tiles whose training step fits this machine's free memory: from two small
 * steps of the network that the configuration will name, on grey tiles.
 *
 * @param side Height and width of a tile, in pixels.
 * @returns 0 where not even one sample fits.
 */
export function largestFittingBatch(shape: NetworkShape, side: readonly [number, number]): number {
  const { model, training } = configSchema.parse({ model: { architecture } })
  const [height, width] = side
  setThreads(1)
  manualSeed(1)
  using network = createNetwork(model, shape)
  network.to({ memoryFormat: 'channelsLast' })
  using optimiser = new optim.AdamW(network.parameters(), { learningRate: 1e-3 })
  const batch = {
    images: new Float32Array(samples * shape.channels * height * width),
    units: Int32Array.from({ length: samples }, () => 0),
    labels: new BigInt64Array(samples),
    controlLabels: null,
    mixed: null,
    normControls: null,
    shape: [samples, shape.channels, height, width] as const,
  }
  const learner = { network, optimiser, device: 'cpu', average: null, scaler: null }
  const free = freeMemory()
  const estimate = checkStepMemory(
    learner,
    batch,
    {
      device: 'cpu',
      precision: training.precision,
      microBatch: samples,
      loss: new TrainingLoss(training.loss, [
        Array.from({ length: shape.classes }, (_, index) => index),
      ]).at(0, 1),
      pairs: null,
      scaler: null,
      cellTypes: null,
      optimiser: training.optimiser,
    },
    // What is too large is for the caller to say: nothing is refused here.
    Number.POSITIVE_INFINITY,
  )
  if (estimate === null) return samples
  const fixedBytes = estimate.bytes - estimate.samples * estimate.bytesPerSample
  return largestBatch({ fixedBytes, bytesPerSample: estimate.bytesPerSample }, free)
}
