import { MachineError } from '../errors.js'
import { bytesInWords } from '../words.js'

/** Share of the free memory that training may plan to use. */
const usableShare = 0.85

/** What the forward pass of a step was seen to hold for the backward pass. */
export interface HeldBytes {
  readonly samples: number
  readonly bytes: number
}

/** Bytes of a step as a function of its samples: `fixedBytes + samples * bytesPerSample`. */
export interface StepMemory {
  readonly fixedBytes: number
  readonly bytesPerSample: number
}

/**
 * The line through two measured steps, and what does not grow with the samples. During the backward
 * pass what is held turns into gradients, so the end of the forward pass and the gradients together
 * are the peak; the largest temporary tensors are about as large as the gradients once more.
 *
 * @param few A step of fewer samples than `more`, or the same one where there are no more.
 * @param parameterBytes All parameters in float32.
 * @param optimiserBytes What the optimiser keeps beside them.
 */
export function stepMemory(
  few: HeldBytes,
  more: HeldBytes,
  parameterBytes: number,
  optimiserBytes: number,
): StepMemory {
  const bytesPerSample =
    more.samples > few.samples
      ? (more.bytes - few.bytes) / (more.samples - few.samples)
      : more.bytes / more.samples
  const held = more.bytes - bytesPerSample * more.samples
  return { fixedBytes: held + 2 * parameterBytes + optimiserBytes, bytesPerSample }
}

/** The most samples at once whose step stays within the usable share; 0 when not even one does. */
export function largestBatch(
  { fixedBytes, bytesPerSample }: StepMemory,
  freeBytes: number,
): number {
  return Math.max(0, Math.floor((usableShare * freeBytes - fixedBytes) / bytesPerSample))
}

/**
 * Stops before a step that would not fit.
 *
 * @param microBatch Samples at once.
 * @throws {MachineError} when the step needs more than 85 % of what is free; it names the largest
 *   batch that fits.
 */
export function refuseTooLarge(memory: StepMemory, microBatch: number, freeBytes: number): void {
  const fits = largestBatch(memory, freeBytes)
  if (microBatch <= fits) return
  const needed = bytesOf(memory, microBatch)
  const next =
    fits >= 2
      ? `The largest that fits is ${fits}: set training.microBatch to at most ${fits} (gradients are accumulated, the batch size stays), or training.batchSize.`
      : 'Not even two samples at once fit: choose a smaller network or smaller tiles, or free memory.'
  throw new MachineError(
    `training: a step of ${microBatch} samples at once needs about ${bytesInWords(needed)}, expected at most ${bytesInWords(usableShare * freeBytes)} (85 % of the ${bytesInWords(freeBytes)} that are free). ${next}`,
  )
}

/** What a step of so many samples needs. */
export function bytesOf({ fixedBytes, bytesPerSample }: StepMemory, samples: number): number {
  return fixedBytes + samples * bytesPerSample
}
