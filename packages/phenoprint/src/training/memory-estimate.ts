import { MachineError } from '../errors.js'

/** Share of the free memory that training may plan to use. */
const usableShare = 0.85

/** What a step was seen to need. */
export interface StepPeak {
  readonly samples: number
  /** Greatest number of bytes in use, beyond what was there before the step. */
  readonly peakBytes: number
}

/** Bytes of a step as a function of its samples: `fixedBytes + samples * bytesPerSample`. */
export interface StepMemory {
  readonly fixedBytes: number
  readonly bytesPerSample: number
}

/**
 * The line through one or two measured steps: activations grow with the samples, gradients do not.
 * A single measurement counts as if everything grew.
 *
 * @param peaks The smaller step first.
 * @param optimiserBytes What the optimiser will keep beside the parameters.
 */
export function stepMemory(
  [first, second]: readonly [StepPeak, StepPeak?],
  optimiserBytes: number,
): StepMemory {
  if (second === undefined) {
    return { fixedBytes: optimiserBytes, bytesPerSample: first.peakBytes / first.samples }
  }
  const slope = (second.peakBytes - first.peakBytes) / (second.samples - first.samples)
  const bytesPerSample = Math.min(Math.max(slope, 1), second.peakBytes / second.samples)
  return {
    fixedBytes: optimiserBytes + second.peakBytes - bytesPerSample * second.samples,
    bytesPerSample,
  }
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

/** Bytes for people: `12.3 MB`, `4.56 GB`. */
export function bytesInWords(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}
