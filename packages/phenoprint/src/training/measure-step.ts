import {
  generatorState,
  memory,
  noGrad,
  setGeneratorState,
  type Tensor,
  tidy,
} from '@phenoprint/torch'
import type { Section } from '../config/config.js'
import { freeMemory } from './free-memory.js'
import { bytesOf, refuseTooLarge, type StepPeak, stepMemory } from './memory-estimate.js'
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
}

/** Samples of the two measured steps: few, so that measuring does not need what may not be there. */
export const measuredSamples = [2, 8] as const

/**
 * Estimates the memory of a training step from two small ones on real samples, and refuses one that
 * does not fit. Weights, running statistics and generators are afterwards as they were.
 *
 * @param batch The samples to measure with: 8, or as many as there are.
 * @returns Null where it cannot be seen: on other devices than the CPU, and after a larger step in
 *   the same process, which has shown by itself that it fits.
 * @throws {MachineError} when a step of `microBatch` samples needs more than 85 % of what is free.
 */
export function checkStepMemory(
  learner: Learner,
  batch: StepBatch,
  settings: EstimateSettings,
  freeBytes = freeMemory(),
): StepEstimate | null {
  if (learner.device !== 'cpu') return null
  const optimiserBytes = 4 * momentsOf(learner, settings.optimiser)
  const samples = settings.microBatch
  const [few, more] = measuredSamples.map((count) => Math.min(count, samples, batch.shape[0]))
  return unchanged(learner, () => {
    const first = peakOf(learner, batch, settings, few ?? 1)
    if (first === null) return null
    const rough = stepMemory([first], optimiserBytes)
    if (bytesOf(rough, more ?? 1) > 2 * freeBytes) refuseTooLarge(rough, samples, freeBytes)
    const second = more === few ? null : peakOf(learner, batch, settings, more ?? 1)
    const estimate = second === null ? rough : stepMemory([first, second], optimiserBytes)
    refuseTooLarge(estimate, samples, freeBytes)
    const { bytesPerSample } = estimate
    return { samples, bytes: bytesOf(estimate, samples), bytesPerSample, freeBytes }
  })
}

/** The most that a step of so many samples had in use; null when an earlier one had more. */
function peakOf(
  { network, optimiser }: Learner,
  { images, labels, shape }: StepBatch,
  settings: StepSettings,
  samples: number,
): StepPeak | null {
  const [, channels, height, width] = shape
  const before = memory.allocator()
  const part: StepBatch = {
    images: images.subarray(0, samples * channels * height * width),
    labels: labels.subarray(0, samples),
    shape: [samples, channels, height, width],
  }
  network.train()
  accumulateGradients(network, part, { ...settings, microBatch: samples })
  optimiser.zeroGrad()
  const { peak } = memory.allocator()
  return peak > before.peak ? { samples, peakBytes: peak - before.inUse } : null
}

/** Numbers that the optimiser keeps: Adam's two moments of each parameter, SGD's momentum. */
function momentsOf(
  { network }: Learner,
  { name, momentum }: EstimateSettings['optimiser'],
): number {
  const parameters = network.parameters().reduce((sum, parameter) => sum + parameter.numel, 0)
  if (name === 'sgd') return momentum === 0 ? 0 : parameters
  return 2 * parameters
}

/** Runs steps that move no weights, and puts back what they moved. */
function unchanged<T>({ network }: Learner, work: () => T): T {
  const buffers = network.namedBuffers()
  const saved = new Map<string, Tensor>()
  for (const [name, buffer] of buffers) saved.set(name, buffer.clone())
  const generator = generatorState()
  try {
    return work()
  } finally {
    setGeneratorState(generator)
    noGrad(() =>
      tidy(() => {
        for (const [name, value] of saved) buffers.get(name)?.copy_(value)
      }),
    )
    for (const value of saved.values()) value.dispose()
  }
}
