import {
  type FloatTile,
  type Moments,
  type Normalisation,
  type OwnNormalisation,
  type Tile,
  tileMoments,
} from '@phenoprint/pixels'
import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Store } from '../store/store.js'
import { pooledMoments, pooledScales } from './pooled-statistics.js'
import { robustly } from './robust.js'
import { tileScales } from './tile-scales.js'

/** Added to a standard deviation, so that a constant channel becomes 0 and not infinite. */
const epsilon = 1e-10

/**
 * Each channel to mean 0 and standard deviation 1, or its median to 0 and its spread about it to 1,
 * over a tile, a site, a plate, its negative controls, an experiment, or everything that is stored.
 *
 * `meanVariance`: `(value - mean) / (deviation + 1e-10)`, population variance. `robust`:
 * `(value - median) / (1.4826 MAD)`, MAD being the median of distances from the median. For a tile its
 * own pixels count, as they are after correction and blur; for anything wider those in the store.
 *
 * A channel whose image was missing counts in no statistics, and is 0 after normalisation.
 */
export class Normaliser {
  readonly #store: Store
  readonly #section: Section<'normalise'>
  readonly #groups = new Map<string, Normalisation>()

  constructor(store: Store, section: Section<'normalise'>) {
    this.#store = store
    this.#section = section
  }

  /**
   * How to normalise a tile of a site.
   *
   * @throws {ConfigError} when it is by negative controls and the plate has none.
   */
  of(site: number, tile: Tile | FloatTile): Normalisation {
    const { by, method } = this.#section
    if (by === 'tile') {
      const own = method === 'robust' ? robustly(tileScales(tile)) : standardise(tileMoments(tile))
      return this.#withoutMissing(site, own)
    }
    return this.#ofGroup(site)
  }

  /**
   * How to normalise a tile of a site that whoever normalises it will read.
   *
   * @throws {ConfigError} when it is by negative controls and the plate has none.
   * @throws {RangeError} when it is by the median of the tile, which must be read first.
   */
  ofUnread(site: number): Normalisation | OwnNormalisation {
    const { by, method } = this.#section
    if (by !== 'tile') return this.#ofGroup(site)
    if (method === 'robust') throw new RangeError('the median of a tile that was not read')
    const { mean } = this.#store.moments(site)
    return { epsilon, kept: mean.map((value) => (Number.isNaN(value) ? 0 : 1)) }
  }

  #ofGroup(site: number): Normalisation {
    if (this.#section.by === 'site') return this.#withoutMissing(site, this.#pooled([site]))
    const key = this.#groupOf(this.#store.plateOf(site))
    let known = this.#groups.get(key)
    if (known === undefined) {
      known = this.#pooled(this.#sitesOf(site, key))
      this.#groups.set(key, known)
    }
    return this.#withoutMissing(site, known)
  }

  #pooled(sites: readonly number[]): Normalisation {
    return this.#section.method === 'robust'
      ? robustly(pooledScales(this.#store, sites))
      : standardise(pooledMoments(this.#store, sites))
  }

  /** What the plates that are normalised together have in common. */
  #groupOf(plate: number): string {
    const { by } = this.#section
    if (by === 'all') return ''
    return by === 'experiment'
      ? (this.#store.screen.plates[plate]?.experiment ?? '')
      : String(plate)
  }

  /** The sites whose pixels count for a group. */
  #sitesOf(site: number, key: string): number[] {
    const { plates, units } = this.#store.screen
    const onlyControls = this.#section.by === 'negativeControls'
    const sites = plates.flatMap((plate, index) => {
      if (this.#groupOf(index) !== key) return []
      return plate.units.flatMap((unit) => {
        const of = units[unit]
        return of === undefined || (onlyControls && of.role !== 'negativeControl') ? [] : of.sites
      })
    })
    if (sites.length > 0) return sites
    const plate = plates[this.#store.plateOf(site)]
    throw new ConfigError(
      `normalise.by: plate ${plate?.id} of ${this.#store.path} has no negative control, expected one to normalise to. Read the controls too (screen.controls, screen.roles), leave the experiment out (split.skipExperiments), or choose normalise.by: plate.`,
    )
  }

  #withoutMissing(site: number, of: Normalisation): Normalisation {
    const { mean } = this.#store.moments(site)
    if (!mean.some(Number.isNaN)) return of
    return { ...of, scale: of.scale.map((scale, c) => (Number.isNaN(mean[c]) ? 0 : scale)) }
  }
}

function standardise({ mean, variance }: Moments): Normalisation {
  return {
    centre: mean.map((value) => (Number.isNaN(value) ? 0 : value)),
    scale: variance.map((value) => (Number.isNaN(value) ? 0 : 1 / (Math.sqrt(value) + epsilon))),
  }
}
