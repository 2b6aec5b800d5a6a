import { autocast, nn, type Tensor, tensor, tidy } from '@phenoprint/torch'
import type { Batch } from '../batches/samples.js'
import type { Section } from '../config/config.js'
import { divideCount } from './divide.js'

/** How a step computes. */
export interface StepSettings {
  readonly device: string
  readonly precision: Section<'training'>['precision']
  /** Samples at once; their gradients are accumulated over the batch. */
  readonly microBatch: number
  readonly labelSmoothing: number
}

/** The part of a batch that a step reads. */
export type StepBatch = Pick<Batch, 'images' | 'labels' | 'shape'>

/**
 * Loss and gradients of a batch: forward and backward, a micro-batch at a time, gradients added to
 * those of the parameters, each weighed by its share of the batch.
 *
 * @param network Images `[batch, channel, y, x]` to logits `[batch, class]`.
 * @returns The mean loss over the batch.
 */
export function accumulateGradients(
  network: { forward(images: Tensor): Tensor },
  { images, labels, shape }: StepBatch,
  { device, precision, microBatch, labelSmoothing }: StepSettings,
): number {
  const [count, channels, height, width] = shape
  const pixels = channels * height * width
  const parts = divideCount(count, microBatch)
  let sum = 0
  for (const [from, to] of parts) {
    sum += tidy(() => {
      const input = tensor(images.subarray(from * pixels, to * pixels), {
        shape: [to - from, height, width, channels],
      })
        .to({ device })
        .permute([0, 3, 1, 2])
      const target = tensor(labels.subarray(from, to)).to({ device })
      const mixed = {
        device: kindOf(device),
        dtype: 'bfloat16',
        enabled: precision === 'bf16',
      } as const
      const logits = autocast(mixed, () => network.forward(input))
      const loss = nn.crossEntropy(logits.to({ dtype: 'float32' }), target, { labelSmoothing })
      const share = (to - from) / count
      // The only part has share 1, and is spared the multiplication.
      if (parts.length === 1) loss.backward()
      else loss.mul(share).backward()
      return loss.item() * share
    })
  }
  return sum
}

function kindOf(device: string): 'cpu' | 'cuda' {
  return device === 'cpu' ? 'cpu' : 'cuda'
}
