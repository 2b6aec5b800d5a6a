import { autocast, noGrad, tidy } from '@phenoprint/torch'
import { NormControls } from '../batches/norm-controls.js'
import { type Batch, predictionSamples, type Sample, type SiteView } from '../batches/samples.js'
import type { Section } from '../config/config.js'
import { ConfigError, PredictionError } from '../errors.js'
import { createReducer } from '../evaluation/reductions.js'
import { normaliseByBatch, retakeStatistics } from '../models/batch-norms.js'
import { imageTensor, joinedImages } from '../models/image-tensor.js'
import type { InferenceNetwork, Network } from '../models/network.js'
import { castingFor, type Precision } from '../models/precision.js'
import { randomStream } from '../random.js'
import type { Screen } from '../screen/screen.js'
import { predictEachUnit, type UnitLogits, type UnitOptions } from './predict-units.js'

/** How a network's batch norms get their statistics where they are not those of training. */
export type Adaptation = Section<'prediction'>['batchNorm']

/** Where the pixels of views, and of controls beside them, come from. */
export interface ControlledLoader {
  load(
    samples: readonly Sample[],
    normControls?: readonly SiteView[],
  ): Promise<Pick<Batch, 'images' | 'shape' | 'release'> & Partial<Pick<Batch, 'normControls'>>>
}

export interface AdaptedOptions {
  readonly adaptation: Adaptation
  readonly screen: Screen
  readonly loader: ControlledLoader
  readonly precision: Precision
  /** Which views are drawn together, and which controls. */
  readonly seed: number
}

/**
 * Predicts with batch norms whose statistics are those of what is predicted: plate and experiment change an
 * image more than a treatment does, and running statistics mix all of them.
 *
 * - `batch`: each batch is normalised by itself; nothing is dropped out. The views of a plate are
 *   permuted first, so that a batch is of many of its wells.
 * - `plate`, `experiment`: in one more pass over its views as they are the running statistics are taken anew
 *   (AdaBN, Li et al. 2016, arXiv:1603.04779; for this screen Sypetkowski et al. 2023, arXiv:2301.05768).
 * - `controls`: so many views of the plate's negative controls stand beside each batch, so that the statistics
 *   are over treated wells and controls together (arXiv:2604.20824).
 */
export class AdaptedNetwork implements Disposable {
  readonly #network: Network
  readonly #options: AdaptedOptions
  readonly #controls: NormControls | null
  #adapted: { readonly group: readonly number[]; readonly network: InferenceNetwork } | null = null

  /** @param network stays its owner's; its running statistics are moved. */
  constructor(network: Network, options: AdaptedOptions) {
    const { adaptation, screen } = options
    this.#network = network
    this.#options = options
    this.#controls =
      adaptation.controls === 0
        ? null
        : new NormControls(screen, adaptation.controls, 'prediction.batchNorm.controls')
  }

  /**
   * Logits of units of one plate, one after another in the order given.
   *
   * @param units Indices into `screen.units`.
   * @param group Those over which statistics are taken with `plate` and `experiment`; taken once for calls
   *   one behind the other with the same list.
   * @throws {ConfigError} when controls are wanted of a plate that has none.
   * @throws as `predictViews`.
   */
  async *predict(
    units: readonly number[],
    group: readonly number[],
    options: UnitOptions,
  ): AsyncGenerator<UnitLogits> {
    const { adaptation, loader, screen } = this.#options
    if (adaptation.statistics === 'batch') {
      yield* this.#predictByBatch(units, options)
      return
    }
    if (this.#adapted?.group !== group) {
      this[Symbol.dispose]()
      await retakeStatistics(this.#network, () => this.#pass(group, options))
      const network = this.#network.compileForInference(this.#options.precision)
      this.#adapted = { group, network }
    }
    yield* predictEachUnit(this.#adapted.network, loader, screen, units, options)
  }

  [Symbol.dispose](): void {
    this.#adapted?.network.dispose()
    this.#adapted = null
  }

  /** Sends the views of units through the network, each batch of one plate. */
  async #pass(units: readonly number[], options: UnitOptions): Promise<void> {
    const { screen } = this.#options
    const plates = new Set(units.map((unit) => screen.units[unit]?.plate ?? -1))
    for (const plate of plates) {
      const own = units.filter((unit) => screen.units[unit]?.plate === plate)
      const views = this.#views(own, { ...options, symmetries: ['identity'] })
      for (const [place, batch] of this.#together(views, plate, options).entries()) {
        await this.#forward(views, batch, place, options)
      }
    }
  }

  async *#predictByBatch(
    units: readonly number[],
    options: UnitOptions,
  ): AsyncGenerator<UnitLogits> {
    const { screen } = this.#options
    const { classes } = options
    const views = this.#views(units, options)
    const logits = new Float32Array(views.length * classes)
    const plate = screen.units[units[0] ?? -1]?.plate ?? -1
    normaliseByBatch(this.#network)
    for (const [place, batch] of this.#together(views, plate, options).entries()) {
      const found = await this.#forward(views, batch, place, options)
      batch.forEach((view, i) => {
        logits.set(found.subarray(i * classes, (i + 1) * classes), view * classes)
      })
    }
    const reducer = createReducer(options.reduce, classes)
    let next = 0
    for (const unit of units) {
      for (; next < views.length; next++) {
        const sample = views[next]
        if (sample === undefined || screen.sites[sample.site]?.unit !== unit) break
        const view = { sample, logits: logits.subarray(next * classes, (next + 1) * classes) }
        options.onView?.(view)
        reducer.add(view.logits)
      }
      yield { unit, logits: reducer.take() }
    }
  }

  /** Every view of the units, in order. */
  #views(units: readonly number[], { tilesPerSite, symmetries }: UnitOptions): Sample[] {
    const { screen } = this.#options
    const sites = units.flatMap((unit) => screen.units[unit]?.sites ?? [])
    return predictionSamples({ sites, tilesPerSite, symmetries })
  }

  /** Batches of places among a plate's views, drawn so that each is of many wells, and of nearly one size. */
  #together(views: readonly Sample[], plate: number, { batchSize }: UnitOptions): number[][] {
    const stream = randomStream(this.#options.seed, 'views together', plate)
    const order = [...stream.permutation(views.length)]
    // No batch of a single view where there are more: it may have no variance.
    const atMost = Math.max(1, Math.floor(order.length / 2))
    const batches = Math.min(Math.ceil(order.length / batchSize), atMost)
    const start = (batch: number) => Math.floor((batch * order.length) / batches)
    return Array.from({ length: batches }, (_, batch) =>
      order.slice(start(batch), start(batch + 1)),
    )
  }

  /** Logits `[view, class]` of a batch, flat. */
  async #forward(
    views: readonly Sample[],
    batch: readonly number[],
    place: number,
    { device, classes, cellTypes, tilesPerSite, signal }: UnitOptions,
  ): Promise<Float32Array> {
    signal?.throwIfAborted()
    const { loader, precision, seed } = this.#options
    const samples = batch.flatMap((at) => views[at] ?? [])
    const choice = { seed, tilesPerSite, symmetries: ['identity'], augmentation: null } as const
    const beside = this.#controls?.beside(choice, samples, 0, place) ?? []
    const loaded = await loader.load(samples, beside)
    const [count] = loaded.shape
    const images = joinedImages(loaded.images, loaded.normControls)
    return tidy(() =>
      noGrad(() => {
        const input = imageTensor(images, loaded.shape, device)
        loaded.release()
        const sites = [...samples, ...beside].map(({ site }) => site)
        const types = cellTypes?.ofSites(sites).to({ device }) ?? null
        const all = autocast(castingFor(device, precision), () =>
          this.#network.forward(input, types),
        )
        const own = all.narrow(0, 0, count).narrow(1, 0, classes)
        return finite(own.to({ dtype: 'float32', device: 'cpu' }).contiguous().toTypedArray())
      }),
    )
  }
}

/**
 * Refuses an adaptation that has nothing to adapt, or cannot be done with networks of pairs.
 *
 * @param key Of the section, for the message.
 * @throws {ConfigError}
 */
export function checkAdaptation(
  { statistics, controls }: Adaptation,
  pairs: Section<'batches'>['pairs'],
  key: string,
): void {
  if (controls === 0) return
  if (statistics === 'running') {
    throw new ConfigError(
      `${key}: got controls: ${controls} and statistics: running, expected batch, plate or experiment: running statistics look at no other views. Set ${key}.statistics, or ${key}.controls: 0.`,
    )
  }
  if (pairs !== 'none') {
    throw new ConfigError(
      `${key}: got controls: ${controls} for a network that takes pairs (batches.pairs: ${pairs}), whose views each have a control already. Set ${key}.controls: 0.`,
    )
  }
}

function finite(logits: unknown): Float32Array {
  if (logits instanceof Float32Array && logits.every(Number.isFinite)) return logits
  throw new PredictionError(
    'predict: the network gave logits that are not finite float32 numbers. Its weights have diverged, or a channel is constant over a batch; use an earlier checkpoint, or precision fp32.',
  )
}
