import { generatorState, memory, setGeneratorState, type Tensor } from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { keepBuffers } from '../models/keep-buffers.js'
import { countParameters } from '../models/network.js'
import { freeMemory } from './free-memory.js'
import { bytesOf, type HeldBytes, refuseTooLarge, stepMemory } from './memory-estimate.js'
import type { Learner } from './resume.js'
import { accumulateGradients, type StepBatch, type StepSettings } from './step.js'

/** What a training step will need, in bytes. */
export interface StepEstimate {
  /** Samples at once. */
  readonly samples: number
  readonly bytes: number
  readonly bytesPerSample: number
  /** What was free before. */
  readonly freeBytes: number
}

export interface EstimateSettings extends StepSettings {
  readonly optimiser: Section<'training'>['optimiser']
  readonly average?: Section<'training'>['average']
}

/** Samples of the two measured steps: few, so that measuring does not need what may not be there. */
const measuredSamples = [2, 8] as const

/**
 * Estimates the memory of a training step from two small ones on real samples, and refuses one that
 * does not fit. Weights, running statistics and generators are afterwards as they were.
 *
 * @param batch The samples to measure with: 8, or as many as there are.
 * @returns Null on other devices than the CPU, whose memory the engine does not tell.
 * @throws {MachineError} when a step of `microBatch` samples needs more than 85 % of what is free.
 */
export function checkStepMemory(
  learner: Learner,
  batch: StepBatch,
  settings: EstimateSettings,
  freeBytes = freeMemory(),
): StepEstimate | null {
  if (learner.device !== 'cpu') return null
  const samples = settings.microBatch
  const [few, more] = unchanged(learner, () =>
    measuredSamples.map((count) =>
      measure(learner, batch, settings, Math.min(count, samples, batch.shape[0])),
    ),
  )
  if (few === undefined || more === undefined) return null
  const parameterBytes = 4 * countParameters(learner.network)
  const kept = numbersPerParameter(settings) * parameterBytes
  const estimate = stepMemory(few, more, parameterBytes, kept)
  refuseTooLarge(estimate, samples, freeBytes)
  const { bytesPerSample } = estimate
  return { samples, bytes: bytesOf(estimate, samples), bytesPerSample, freeBytes }
}

/** Does a step of so many samples, without moving weights. */
function measure(
  { network, optimiser }: Learner,
  { images, units, labels, shape, controlLabels, normControls }: StepBatch,
  settings: StepSettings,
  samples: number,
): HeldBytes {
  const [, channels, height, width] = shape
  const part: StepBatch = {
    images: images.subarray(0, samples * channels * height * width),
    units: units.subarray(0, samples),
    labels: labels.subarray(0, samples),
    controlLabels: controlLabels?.subarray(0, samples) ?? null,
    mixed: null,
    normControls,
    shape: [samples, channels, height, width],
  }
  const before = memory.allocator().inUse
  let held = before
  const measured = <T>(found: T): T => {
    held = memory.allocator().inUse
    return found
  }
  const watched = {
    forward: (input: Tensor, cellTypes: Tensor | null) =>
      measured(network.forward(input, cellTypes)),
    scores: (input: Tensor, cellTypes: Tensor | null) => measured(network.scores(input, cellTypes)),
  }
  network.train()
  accumulateGradients(watched, part, { ...settings, microBatch: samples })
  optimiser.zeroGrad()
  return { samples, bytes: held - before }
}

/** Numbers that are kept of each parameter: the optimiser's moments, slow weights, an average. */
function numbersPerParameter({ optimiser, average }: EstimateSettings): number {
  const { name, momentum, lookahead } = optimiser
  const moments = name === 'sgd' ? (momentum === 0 ? 0 : 1) : 2
  const slow = lookahead !== undefined || name === 'ranger' ? 1 : 0
  return moments + slow + (average === undefined ? 0 : 1)
}

/** Runs steps that move no weights, and puts back what they moved. */
function unchanged<T>({ network }: Learner, work: () => T): T {
  const restore = keepBuffers(network)
  const generator = generatorState()
  try {
    return work()
  } finally {
    setGeneratorState(generator)
    restore()
  }
}
