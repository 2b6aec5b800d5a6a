import type { Symmetry } from '../config/config.js'
import { randomStream } from '../random.js'

/** One view of one site: which tile, turned how. */
export interface Sample {
  /** Index into the screen's sites. */
  readonly site: number
  readonly tile: number
  readonly symmetry: Symmetry
}

/** Samples read, turned and normalised. */
export interface Batch {
  /** Channels-last: `[sample, y, x, channel]`, which is `[sample, channel, y, x]` in that memory format. */
  readonly images: Float32Array
  readonly shape: readonly [samples: number, channels: number, height: number, width: number]
  readonly samples: readonly Sample[]
  /** `[sample]`, indices into the screen's units. */
  readonly units: Int32Array
  /** `[sample]`; −1 where the label is not known. */
  readonly labels: BigInt64Array
}

export interface EpochOrder {
  readonly seed: number
  /** Counted from 1. */
  readonly epoch: number
  /** Indices into the screen's sites, all different. */
  readonly sites: readonly number[]
  readonly tilesPerSite: number
  /** Drawn from, each as likely. */
  readonly symmetries: readonly Symmetry[]
}

/**
 * The samples of a training epoch, in order: every site once, one of its tiles, one symmetry.
 *
 * A function of its arguments alone. The view of a site depends on (seed, epoch, site), so that
 * leaving out some sites changes nothing about the others but their order.
 */
export function epochSamples({
  seed,
  epoch,
  sites,
  tilesPerSite,
  symmetries,
}: EpochOrder): Sample[] {
  const order = randomStream(seed, 'order', epoch).permutation(sites.length)
  return Array.from(order, (place) => {
    const site = sites[place] ?? -1
    const tile = randomStream(seed, 'tile', epoch, site).integer(tilesPerSite)
    const turn = randomStream(seed, 'symmetry', epoch, site).integer(symmetries.length)
    return { site, tile, symmetry: symmetries[turn] ?? 'identity' }
  })
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
