import { ConfigError } from '../errors.js'
import { randomStream } from '../random.js'
import type { Screen } from '../screen/screen.js'
import { originOf } from './sample-weights.js'
import { augmented, type Sample, type SiteView, type ViewChoice } from './samples.js'

/** Which wells of a plate stand beside the treated ones. */
export type PairKind = 'control' | 'negativeControl'

/** The control sites of each plate, for pairs of a treatment and a control of its plate. */
export class PlateControls {
  readonly #screen: Screen
  readonly #kind: PairKind
  /** Indices into the screen's sites, by plate. */
  readonly #sites: readonly (readonly number[])[]

  constructor(screen: Screen, kind: PairKind) {
    this.#screen = screen
    this.#kind = kind
    const isOne = (role: string) => role === kind || (kind === 'control' && role !== 'treatment')
    this.#sites = screen.plates.map(({ units }) =>
      units.flatMap((index) => {
        const unit = screen.units[index]
        return unit !== undefined && isOne(unit.role) && unit.label !== null ? unit.sites : []
      }),
    )
  }

  /**
   * A view of a random control of the site's plate: any of its sites, tiles and symmetries, each as
   * likely, augmented like any other. It depends on seed, epoch, site and repeat alone.
   *
   * @throws {ConfigError} when the plate has no such control.
   */
  drawFor(
    { seed, tilesPerSite, symmetries, augmentation }: ViewChoice,
    epoch: number,
    site: number,
    repeat: number,
  ): SiteView {
    const sites = this.#ofPlateOf(site)
    const stream = randomStream(seed, 'control', epoch, site, repeat)
    const view = {
      site: sites[stream.integer(sites.length)] ?? -1,
      tile: stream.integer(tilesPerSite),
      symmetry: symmetries[stream.integer(symmetries.length)] ?? 'identity',
    }
    return augmented(view, augmentation, (kind) =>
      randomStream(seed, `control/${kind}`, epoch, site, repeat),
    )
  }

  /**
   * Samples to predict, each with a control of its plate that is the same whatever else is predicted:
   * another one for each tile and each symmetry, itself turned like the site.
   *
   * @throws {ConfigError} when a plate has no such control.
   */
  beside(samples: readonly Sample[], seed: number, tilesPerSite: number): Sample[] {
    return samples.map((sample) => {
      const { site, tile, symmetry } = sample
      const stream = randomStream(seed, `control/${symmetry}`, site, tile)
      const sites = this.#ofPlateOf(site)
      const control = {
        site: sites[stream.integer(sites.length)] ?? -1,
        tile: stream.integer(tilesPerSite),
        symmetry,
      }
      return { ...sample, control }
    })
  }

  #ofPlateOf(site: number): readonly number[] {
    const { plate, unit } = originOf(this.#screen, site)
    const sites = this.#sites[unit.plate] ?? []
    if (sites.length > 0) return sites
    const what = this.#kind === 'control' ? 'control' : 'negative control'
    throw new ConfigError(
      `batches.pairs: plate ${plate.id} has no labelled ${what} with images, expected one to stand beside ${unit.id}. Read the controls too (screen.controls, screen.roles), leave the experiment out (split.skipExperiments), or set batches.pairs: none.`,
    )
  }
}
