import { setImmediate } from 'node:timers/promises'
import { memory, noGrad, type Tensor, tidy } from '@phenoprint/torch'
import type { Batch, Sample } from '../batches/samples.js'
import { PredictionError } from '../errors.js'
import type { CellTypeInput } from '../models/cell-type-input.js'
import { imageTensor } from '../models/image-tensor.js'

/** A network as far as prediction knows it, see `Network.compileForInference`. */
export interface Predictor {
  /** `[batch, channel, y, x]`, and `[batch, cell type]` where it takes them, to logits `[batch, class]`. */
  forward(images: Tensor, cellTypes: Tensor | null): Tensor
}

/** Where the pixels of samples come from. */
export interface ViewLoader {
  load(samples: readonly Sample[]): Promise<Pick<Batch, 'images' | 'shape' | 'release'>>
}

export interface PredictOptions {
  /** `cpu`, `cuda`, `cuda:1`. */
  readonly device: string
  /** Views at once. */
  readonly batchSize: number
  /** How many classes to keep: the first of the network's, so without those of controls. */
  readonly classes: number
  /** Looked at between batches; its reason is thrown. */
  readonly signal?: AbortSignal
  /** The cell types of samples, for networks that take them. */
  readonly cellTypes?: CellTypeInput | null
}

/** A sample and its logits `[class]`. */
export interface View {
  readonly sample: Sample
  readonly logits: Float32Array
}

/**
 * Logits of samples, a batch at a time and in their order. The next batch is loaded while one is
 * computed; between batches the process answers signals.
 *
 * @throws {PredictionError} when logits are not finite, or the network has fewer classes than asked for.
 */
export async function* predictViews(
  network: Predictor,
  loader: ViewLoader,
  samples: readonly Sample[],
  options: PredictOptions,
): AsyncGenerator<View[]> {
  const { batchSize, signal } = options
  const load = (first: number) => loader.load(samples.slice(first, first + batchSize))
  let coming = samples.length > 0 ? load(0) : undefined
  let lastCount = 0
  try {
    for (let first = 0; coming !== undefined; first += batchSize) {
      const batch = await coming
      const following = first + batchSize
      coming = following < samples.length ? load(following) : undefined
      signal?.throwIfAborted()
      // The allocator caches blocks by size: without this, each size of a last batch adds its own.
      const [count] = batch.shape
      if (lastCount !== 0 && count !== lastCount) memory.trim()
      lastCount = count
      const own = samples.slice(first, following)
      const logits = forward(network, batch, own, options)
      batch.release()
      yield own.map((sample, i) => ({
        sample,
        logits: logits.subarray(i * options.classes, (i + 1) * options.classes),
      }))
      await setImmediate()
    }
  } finally {
    // A batch nobody waits for any more may fail without anybody being told.
    coming?.catch(() => {})
  }
}

/** Logits of a batch, `[view, class]` flat. */
function forward(
  network: Predictor,
  { images, shape }: Pick<Batch, 'images' | 'shape'>,
  samples: readonly Sample[],
  { device, classes, cellTypes }: PredictOptions,
): Float32Array {
  const [count] = shape
  return tidy(() =>
    noGrad(() => {
      const maps = imageTensor(images, shape, device)
      const beside = cellTypes?.ofSites(samples.map(({ site }) => site)).to({ device }) ?? null
      const predicted = network.forward(maps, beside)
      const [rows = 0, columns = 0] = predicted.shape
      if (rows !== count || columns < classes) {
        throw new PredictionError(
          `predict: the network gave logits of shape [${predicted.shape.join(', ')}] for ${count} views, expected [${count}, ${classes}] or more classes. Train it on a screen of these classes.`,
        )
      }
      const kept = predicted.narrow(1, 0, classes).to({ dtype: 'float32', device: 'cpu' })
      const numbers = kept.contiguous().toTypedArray()
      return checked(numbers)
    }),
  )
}

function checked(logits: unknown): Float32Array {
  if (!(logits instanceof Float32Array)) {
    throw new PredictionError('predict: the engine gave logits of another type than float32')
  }
  if (!logits.every(Number.isFinite)) {
    throw new PredictionError(
      'predict: the network gave logits that are not finite. Its weights have diverged, or images hold values beyond all range; use an earlier checkpoint, or precision fp32.',
    )
  }
  return logits
}
