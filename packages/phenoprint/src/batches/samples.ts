import type { ImageValues } from '@phenoprint/pixels'
import type { Augmentation, AugmentationSettings } from '../augmentation/augmentation.js'
import { drawAugmentation } from '../augmentation/draw-augmentation.js'
import type { Mix } from '../augmentation/draw-mixes.js'
import type { Symmetry } from '../config/config.js'
import { type RandomStream, randomStream } from '../random.js'

/** One view of one site: which tile, turned how. */
export interface SiteView {
  /** Index into the screen's sites. */
  readonly site: number
  readonly tile: number
  readonly symmetry: Symmetry
  /** What else is done to it, in training. */
  readonly augmentation?: Augmentation
}

/**
 * What a network is shown at once: a view and, in pairs, a view of a control of its plate, or mixed
 * with it a view of another sample of its batch.
 */
export interface Sample extends SiteView {
  readonly control?: SiteView
  readonly mix?: SampleMix
}

/** What is mixed into a sample. */
export interface SampleMix extends Pick<Mix, 'share' | 'box'> {
  readonly view: SiteView
}

/** Samples read, turned and normalised. */
export interface Batch {
  /**
   * Channels-last: `[sample, y, x, channel]`, which is `[sample, channel, y, x]` in that memory
   * format. In pairs the control's channels follow those of the site.
   */
  readonly images: ImageValues
  readonly shape: readonly [samples: number, channels: number, height: number, width: number]
  readonly samples: readonly Sample[]
  /** `[sample]`, indices into the screen's units. */
  readonly units: Int32Array
  /** `[sample]`; −1 where the label is not known. */
  readonly labels: BigInt64Array
  /** `[sample]`, in pairs: the class of each control, as the screen counts it. Null without pairs. */
  readonly controlLabels: BigInt64Array | null
  /**
   * Images that go through the network for the statistics of batch norm alone, as `images`; null for
   * none.
   */
  readonly normControls: ImageValues | null
  /** What was mixed in; null where nothing was. */
  readonly mixed: MixedIn | null
  /** Gives the memory of all images back for later batches: they must not be used any more. */
  readonly release: () => void
}

/** The other halves of mixed samples; for a sample that is not mixed its own. */
export interface MixedIn {
  /** `[sample]` */
  readonly units: Int32Array
  /** `[sample]` */
  readonly labels: BigInt64Array
  /** `[sample]`: what a sample keeps of itself, and its label weighs; the other has the rest. */
  readonly shares: Float32Array
}

/** From what the views of a sample are drawn. */
export interface ViewChoice {
  readonly seed: number
  readonly tilesPerSite: number
  /** Drawn from, each as likely. */
  readonly symmetries: readonly Symmetry[]
  /** What else is drawn for each view; null for nothing. */
  readonly augmentation: AugmentationSettings | null
}

export interface EpochOrder extends ViewChoice {
  /** Counted from 1. */
  readonly epoch: number
  /** Indices into the screen's sites, all different. */
  readonly sites: readonly number[]
}

/**
 * The samples of a plain training epoch, in order: every site once, one of its tiles, one symmetry.
 *
 * A function of its arguments alone. The view of a site depends on (seed, epoch, site), so that
 * leaving out some sites changes nothing about the others but their order.
 */
export function epochSamples(order: EpochOrder): Sample[] {
  const { seed, epoch, sites } = order
  const places = randomStream(seed, 'order', epoch).permutation(sites.length)
  return Array.from(places, (place) => drawView(order, epoch, sites[place] ?? -1, 0))
}

/**
 * The view of a site that an epoch draws.
 *
 * @param repeat How often the epoch has drawn the site before.
 */
export function drawView(
  { seed, tilesPerSite, symmetries, augmentation }: ViewChoice,
  epoch: number,
  site: number,
  repeat: number,
): SiteView {
  const streamOf = (purpose: string) => randomStream(seed, purpose, epoch, site, repeat)
  const tile = streamOf('tile').integer(tilesPerSite)
  const turn = streamOf('symmetry').integer(symmetries.length)
  const view = { site, tile, symmetry: symmetries[turn] ?? 'identity' }
  return augmented(view, augmentation, streamOf)
}

/** A view with what is drawn to be done to it. */
export function augmented(
  view: SiteView,
  settings: AugmentationSettings | null,
  streamOf: (purpose: string) => RandomStream,
): SiteView {
  const augmentation = settings === null ? null : drawAugmentation(settings, streamOf)
  return augmentation === null ? view : { ...view, augmentation }
}

export interface PredictionOrder {
  readonly sites: readonly number[]
  readonly tilesPerSite: number
  readonly symmetries: readonly Symmetry[]
}

/** Every view of every site: site by site, tile by tile, symmetry by symmetry. */
export function predictionSamples({ sites, tilesPerSite, symmetries }: PredictionOrder): Sample[] {
  const tiles = Array.from({ length: tilesPerSite }, (_, tile) => tile)
  return sites.flatMap((site) =>
    tiles.flatMap((tile) => symmetries.map((symmetry) => ({ site, tile, symmetry }))),
  )
}
