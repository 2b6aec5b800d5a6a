import type { Config } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { randomStream } from '../random.js'
import type { Screen } from '../screen/screen.js'
import { originOf } from './sample-weights.js'
import { augmented, type SiteView, type ViewChoice } from './samples.js'

/**
 * Views of negative controls that go through the network with each batch of their plate, so that
 * batch norm takes its statistics over treated wells and controls together: the share of treatments
 * that move the mean is then known to be less than the whole.
 *
 * @see arXiv:2604.20824, control-stabilised statistics in training episodes of one plate.
 */
export class NormControls {
  readonly #screen: Screen
  readonly #count: number
  readonly #key: string
  /** Indices into the screen's sites, by plate. */
  readonly #sites: readonly (readonly number[])[]

  /**
   * @param count Views beside each batch.
   * @param key Of the configuration, for messages.
   */
  constructor(screen: Screen, count: number, key = 'batches.normControls') {
    this.#key = key
    this.#screen = screen
    this.#count = count
    this.#sites = screen.plates.map(({ units }) =>
      units.flatMap((index) => {
        const unit = screen.units[index]
        return unit?.role === 'negativeControl' ? unit.sites : []
      }),
    )
  }

  /**
   * The views that stand beside a batch of one plate: sites, tiles and symmetries each as likely. They
   * depend on seed, epoch and the place of the batch alone.
   *
   * @throws {ConfigError} when the plate has no negative control.
   */
  beside(
    { seed, tilesPerSite, symmetries, augmentation }: ViewChoice,
    batch: readonly SiteView[],
    epoch: number,
    place: number,
  ): SiteView[] {
    const [first] = batch
    if (first === undefined) return []
    const { plate, unit } = originOf(this.#screen, first.site)
    const sites = this.#sites[unit.plate] ?? []
    if (sites.length === 0) {
      throw new ConfigError(
        `${this.#key}: plate ${plate.id} has no negative control with images, expected one to stand beside ${unit.id}. Read the controls too (screen.controls, screen.roles), leave the experiment out (split.skipExperiments), or set ${this.#key}: 0.`,
      )
    }
    return Array.from({ length: this.#count }, (_, number) => {
      const streamOf = (purpose: string) =>
        randomStream(seed, `norm control/${purpose}`, epoch, place, number)
      const stream = streamOf('view')
      const view = {
        site: sites[stream.integer(sites.length)] ?? -1,
        tile: stream.integer(tilesPerSite),
        symmetry: symmetries[stream.integer(symmetries.length)] ?? 'identity',
      }
      return augmented(view, augmentation, streamOf)
    })
  }
}

/**
 * The controls that a configuration wants beside each batch; null for none.
 *
 * @throws {ConfigError} when batches are not of one plate each, or are pairs.
 */
export function normControls(
  screen: Screen,
  { batches }: Pick<Config, 'batches'>,
): NormControls | null {
  const { normControls: count, batchFrom, pairs } = batches
  if (count === 0) return null
  if (batchFrom !== 'plate') {
    throw new ConfigError(
      `batches: got normControls: ${count} and batchFrom: ${batchFrom}, expected batchFrom: plate: controls stand beside wells of their own plate.`,
    )
  }
  if (pairs !== 'none') {
    throw new ConfigError(
      `batches: got normControls: ${count} and pairs: ${pairs}, expected one of them: in pairs each sample has its control already. Set batches.normControls: 0, or batches.pairs: none.`,
    )
  }
  return new NormControls(screen, count)
}
