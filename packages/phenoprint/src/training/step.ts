import { autocast, nn, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { divideCount } from '../batches/divide.js'
import type { Batch, MixedIn } from '../batches/samples.js'
import type { Section } from '../config/config.js'
import type { CellTypeInput } from '../models/cell-type-input.js'

/** How a step computes. */
export interface StepSettings {
  readonly device: string
  readonly precision: Section<'training'>['precision']
  /** Samples at once; their gradients are accumulated over the batch. */
  readonly microBatch: number
  readonly labelSmoothing: number
  /** In pairs: classes of treatments, behind which those of controls begin, and the weight of these. */
  readonly pairs: { readonly treatments: number; readonly controlWeight: number } | null
  /** What the network takes beside images. */
  readonly cellTypes: CellTypeInput | null
}

/** The part of a batch that a step reads. */
export type StepBatch = Pick<
  Batch,
  'images' | 'units' | 'labels' | 'shape' | 'controlLabels' | 'mixed' | 'normControls'
>

/**
 * Loss and gradients of a batch: forward and backward, a micro-batch at a time, gradients added to
 * those of the parameters, each weighed by its share of the batch. In pairs the logits are two heads,
 * and the loss is that of the treatments' head plus `controlWeight` times that of the controls'. Of
 * mixed samples it is the loss of each half's class, weighed by its share. Controls for batch norm go
 * through the network with each micro-batch, and their logits nowhere; they are of its plate, so of its
 * cell type.
 *
 * @param network Images `[batch, channel, y, x]` to logits `[batch, class]`.
 * @returns The mean loss over the batch.
 */
export function accumulateGradients(
  network: { forward(images: Tensor, cellTypes: Tensor | null): Tensor },
  { images, units, labels, shape, controlLabels, mixed, normControls }: StepBatch,
  { device, precision, microBatch, labelSmoothing, pairs, cellTypes }: StepSettings,
): number {
  const [count, channels, height, width] = shape
  const pixels = channels * height * width
  const parts = divideCount(count, microBatch)
  let sum = 0
  for (const [from, to] of parts) {
    sum += tidy(() => {
      const own = images.subarray(from * pixels, to * pixels)
      const shown = normControls === null ? own : joined(own, normControls)
      const input = tensor(shown, { shape: [shown.length / pixels, height, width, channels] })
        .to({ device })
        .permute([0, 3, 1, 2])
      const shownUnits = Array.from(
        { length: shown.length / pixels },
        (_, i) => units[i < to - from ? from + i : from] ?? -1,
      )
      const beside =
        cellTypes?.ofUnits(shownUnits, mixed === null ? null : partOf(mixed, [from, to])) ?? null
      const casting = {
        device: kindOf(device),
        dtype: 'bfloat16',
        enabled: precision === 'bf16',
      } as const
      const all = autocast(casting, () =>
        network.forward(input, beside?.to({ device }) ?? null),
      ).to({ dtype: 'float32' })
      const logits = normControls === null ? all : all.narrow(0, 0, to - from)
      const lossTo = (scores: Tensor, target: Tensor) =>
        nn.crossEntropy(scores, target.to({ device }), { labelSmoothing })
      const lossOf = (scores: Tensor, classes: BigInt64Array) =>
        lossTo(scores, tensor(classes.subarray(from, to)))
      const loss =
        pairs !== null && controlLabels !== null
          ? twoHeads(logits, labels, controlLabels, pairs, lossOf)
          : mixed === null
            ? lossOf(logits, labels)
            : lossTo(logits, softTargets(labels, mixed, [from, to], logits.shape[1] ?? 0))
      const share = (to - from) / count
      // The only part has share 1, and is spared the multiplication.
      if (parts.length === 1) loss.backward()
      else loss.mul(share).backward()
      return loss.item() * share
    })
  }
  return sum
}

function joined(first: Float32Array, second: Float32Array): Float32Array {
  const both = new Float32Array(first.length + second.length)
  both.set(first)
  both.set(second, first.length)
  return both
}

/** Units and shares of a part of a batch. */
function partOf({ units, shares }: MixedIn, [from, to]: readonly [number, number]) {
  return { units: units.subarray(from, to), shares: shares.subarray(from, to) }
}

/** Logits `[batch, treatments + controls]` as two heads, and the sum of their losses. */
function twoHeads(
  logits: Tensor,
  labels: BigInt64Array,
  controlLabels: BigInt64Array,
  { treatments, controlWeight }: NonNullable<StepSettings['pairs']>,
  lossOf: (scores: Tensor, classes: BigInt64Array) => Tensor,
): Tensor {
  const controls = (logits.shape[1] ?? 0) - treatments
  const first = lossOf(logits.narrow(1, 0, treatments), labels)
  const ofControls = controlLabels.map((label) => label - BigInt(treatments))
  return first.add(lossOf(logits.narrow(1, treatments, controls), ofControls).mul(controlWeight))
}

/** What each class weighs, `[sample, class]`: the share of a sample's own, and the rest of what is mixed in. */
function softTargets(
  labels: BigInt64Array,
  mixed: MixedIn,
  [from, to]: readonly [number, number],
  classes: number,
): Tensor {
  const targets = new Float32Array((to - from) * classes)
  for (let sample = from; sample < to; sample++) {
    const add = (label: bigint | undefined, share: number) => {
      const at = (sample - from) * classes + Number(label)
      targets[at] = (targets[at] ?? 0) + share
    }
    const share = mixed.shares[sample] ?? 1
    add(labels[sample], share)
    add(mixed.labels[sample], 1 - share)
  }
  return tensor(targets, { shape: [to - from, classes] })
}

function kindOf(device: string): 'cpu' | 'cuda' {
  return device === 'cpu' ? 'cpu' : 'cuda'
}
