import {
  autocast,
  type distributed,
  noGrad,
  type optim,
  type Tensor,
  tensor,
  tidy,
} from '@phenoprint/torch'
import { divideCount } from '../batches/divide.js'
import type { Batch, MixedIn } from '../batches/samples.js'
import type { Section } from '../config/config.js'
import type { CellTypeInput } from '../models/cell-type-input.js'
import { imageTensor, joinedImages } from '../models/image-tensor.js'
import type { Network } from '../models/network.js'
import { castingFor } from '../models/precision.js'
import type { StepLoss, StepScores } from './loss.js'

/** How a step computes. */
export interface StepSettings {
  readonly device: string
  readonly precision: Section<'training'>['precision']
  /** Samples at once; their gradients are accumulated over the batch. */
  readonly microBatch: number
  readonly loss: StepLoss
  /** In pairs: classes of treatments, behind which those of controls begin, and the weight of these. */
  readonly pairs: { readonly treatments: number; readonly controlWeight: number } | null
  /** Enlarges the loss, so that float16 gradients do not vanish; null leaves it. */
  readonly scaler: Pick<optim.GradScaler, 'scale'> | null
  /** What the network takes beside images. */
  readonly cellTypes: CellTypeInput | null
  /** Where a batch is a part of one that several ranks share: its samples in all, and what sums the gradients. */
  readonly joined?: { readonly count: number; readonly gradients: distributed.GradientBuckets }
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
 * mixed samples each half's class has its share of the target. Controls for batch norm go
 * through the network with each micro-batch, and their logits nowhere; they are of its plate, so of its
 * cell type.
 *
 * @param network Images `[batch, channel, y, x]` to logits `[batch, class]`.
 * @returns The mean loss over the batch; of a part of a joined batch, its share of that.
 */
export function accumulateGradients(
  network: Pick<Network, 'forward' | 'scores'>,
  batch: StepBatch,
  settings: StepSettings,
): number {
  const { labels, shape, controlLabels, mixed } = batch
  const { device, microBatch, loss: lossOf, pairs, scaler, joined } = settings
  const [count] = shape
  let sum = 0
  for (const [from, to] of divideCount(count, microBatch)) {
    sum += tidy(() => {
      const all = sent(batch, [from, to], settings, (input, types) =>
        lossOf.needsCosines
          ? network.scores(input, types)
          : { logits: network.forward(input, types), cosines: null },
      )
      const scores = part(all, 0, 0, to - from)
      const classes = scores.logits.shape[1] ?? 0
      const own = (values: BigInt64Array) => tensor(values.subarray(from, to), { device })
      const loss =
        pairs !== null && controlLabels !== null
          ? twoHeads(scores, own(labels), own(controlLabels), pairs, lossOf)
          : lossOf.of(scores, {
              labels: own(labels),
              soft: mixed === null ? null : softTargets(labels, mixed, [from, to], classes, device),
            })
      const share = (to - from) / (joined?.count ?? count)
      // The only part has share 1, and is spared the multiplication.
      const weighed = share === 1 ? loss : loss.mul(share)
      const enlarged = scaler === null ? weighed : scaler.scale(weighed)
      if (to === count) joined?.gradients.arm()
      enlarged.backward()
      return loss.item() * share
    })
  }
  joined?.gradients.finish()
  return sum
}

/** Sends a batch through a network for what that does to its running statistics, as a step would. */
export function passBatch(
  network: Pick<Network, 'forward'>,
  batch: StepBatch,
  settings: Omit<StepSettings, 'loss' | 'pairs' | 'scaler'>,
): void {
  for (const part of divideCount(batch.shape[0], settings.microBatch)) {
    noGrad(() =>
      tidy(() => {
        sent(batch, part, settings, (input, types) => network.forward(input, types))
      }),
    )
  }
}

/** Computes with the images of a part of a batch, controls for batch norm behind them, and their cell types. */
function sent<T>(
  { images, units, shape, mixed, normControls }: StepBatch,
  [from, to]: readonly [number, number],
  { device, precision, cellTypes }: Omit<StepSettings, 'loss' | 'pairs' | 'scaler'>,
  compute: (input: Tensor, cellTypes: Tensor | null) => T,
): T {
  const [, channels, height, width] = shape
  const pixels = channels * height * width
  const wells = images.subarray(from * pixels, to * pixels)
  const input = imageTensor(joinedImages(wells, normControls), shape, device)
  // Controls are of the batch's plate, so of the cell type of any of its wells.
  const ofPart = Array.from(
    { length: input.shape[0] ?? 0 },
    (_, i) => units[i < to - from ? from + i : from] ?? -1,
  )
  const shares = mixed === null ? null : partOf(mixed, [from, to])
  const beside = cellTypes?.ofUnits(ofPart, shares).to({ device }) ?? null
  return autocast(castingFor(device, precision), () => compute(input, beside))
}

/** Units and shares of a part of a batch. */
function partOf({ units, shares }: MixedIn, [from, to]: readonly [number, number]) {
  return { units: units.subarray(from, to), shares: shares.subarray(from, to) }
}

/** Logits `[batch, treatments + controls]` as two heads, and the sum of their losses. */
function twoHeads(
  scores: StepScores,
  labels: Tensor,
  controlLabels: Tensor,
  { treatments, controlWeight }: NonNullable<StepSettings['pairs']>,
  lossOf: StepLoss,
): Tensor {
  const controls = (scores.logits.shape[1] ?? 0) - treatments
  const first = lossOf.of(part(scores, 1, 0, treatments), { labels, soft: null })
  const ofControls = { labels: controlLabels.sub(treatments), soft: null }
  const second = lossOf.ofControls(part(scores, 1, treatments, controls), ofControls)
  return first.add(second.mul(controlWeight))
}

/** Some samples or classes of scores, float32. */
function part({ logits, cosines }: StepScores, dim: 0 | 1, start: number, length: number) {
  const some = (values: Tensor) =>
    (values.shape[dim] === length ? values : values.narrow(dim, start, length)).to({
      dtype: 'float32',
    })
  return { logits: some(logits), cosines: cosines === null ? null : some(cosines) }
}

/** What each class weighs, `[sample, class]`: the share of a sample's own, and the rest of what is mixed in. */
function softTargets(
  labels: BigInt64Array,
  mixed: MixedIn,
  [from, to]: readonly [number, number],
  classes: number,
  device: string,
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
  return tensor(targets, { shape: [to - from, classes], device })
}
