import { type Moments, type Normalisation, type Tile, tileMoments } from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import type { Store } from '../store/store.js'

/** Added to a standard deviation, so that a constant channel becomes 0 and not infinite. */
const epsilon = 1e-10

/**
 * Each channel to mean 0 and standard deviation 1 over a tile, a site, a plate, an experiment, or
 * everything that is stored: `(value - mean) / (deviation + 1e-10)`, population variance.
 *
 * A channel whose image was missing counts in no mean, and is 0 after normalisation.
 */
export class Normaliser {
  readonly #store: Store
  readonly #by: Section<'normalise'>['by']
  readonly #groups = new Map<string, Normalisation>()

  constructor(store: Store, { by }: Section<'normalise'>) {
    this.#store = store
    this.#by = by
  }

  /** How to normalise a tile of a site. */
  of(site: number, tile: Tile): Normalisation {
    if (this.#by === 'tile') return standardise(tileMoments(tile))
    const own = this.#store.moments(site)
    if (this.#by === 'site') return standardise(own)
    const group = this.#group(this.#store.plateOf(site))
    const missing = own.mean.findIndex(Number.isNaN)
    if (missing < 0) return group
    return { ...group, scale: group.scale.map((scale, c) => (isMissing(own, c) ? 0 : scale)) }
  }

  /** Moments of all sites of a plate's group. */
  #group(plate: number): Normalisation {
    const { plates } = this.#store.screen
    const name = (index: number) => {
      if (this.#by === 'all') return ''
      return this.#by === 'plate' ? String(index) : (plates[index]?.experiment ?? '')
    }
    const key = name(plate)
    let known = this.#groups.get(key)
    if (known === undefined) {
      const members = plates.flatMap((_, index) => (name(index) === key ? [index] : []))
      known = standardise(pooledMoments(this.#store, members))
      this.#groups.set(key, known)
    }
    return known
  }
}

/** Mean and variance over all pixels of some plates. All sites have the same number of pixels. */
function pooledMoments(store: Store, plates: readonly number[]): Moments {
  const { channels } = store
  const count = new Float64Array(channels)
  const mean = new Float64Array(channels)
  /** Sum of squares about the mean so far. */
  const spread = new Float64Array(channels)
  for (const plate of plates) {
    const { sites, ...of } = store.plateMoments(plate)
    for (let i = 0; i < sites.length * channels; i++) {
      const c = i % channels
      const siteMean = of.mean[i] ?? Number.NaN
      if (Number.isNaN(siteMean)) continue
      // One site at a time, as Welford (1962) does one value.
      const before = count[c] ?? 0
      const shift = siteMean - (mean[c] ?? 0)
      count[c] = before + 1
      mean[c] = (mean[c] ?? 0) + shift / (before + 1)
      spread[c] = (spread[c] ?? 0) + (of.variance[i] ?? 0) + (shift * shift * before) / (before + 1)
    }
  }
  return { mean, variance: spread.map((value, c) => value / Math.max(1, count[c] ?? 0)) }
}

function standardise(moments: Moments): Normalisation {
  const { mean, variance } = moments
  return {
    centre: mean.map((value, c) => (isMissing(moments, c) ? 0 : value)),
    scale: variance.map((value, c) =>
      isMissing(moments, c) ? 0 : 1 / (Math.sqrt(value) + epsilon),
    ),
  }
}

function isMissing({ mean }: Moments, channel: number): boolean {
  return Number.isNaN(mean[channel])
}
