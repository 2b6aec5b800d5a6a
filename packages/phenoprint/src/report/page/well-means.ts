import type { Store } from '../../store/store.js'

/** How bright wells are, as preprocess measured them. */
export class WellMeans {
  readonly #store: Store
  readonly #units: ReadonlyMap<string, number>

  constructor(store: Store) {
    this.#store = store
    this.#units = new Map(store.screen.units.map(({ id }, index) => [id, index]))
  }

  /** Names of channels. */
  get channels(): readonly string[] {
    return this.#store.screen.channels.map(({ name }) => name)
  }

  /**
   * The mean pixel of a channel over the sites of a unit.
   *
   * @returns null where the store has no image of it.
   * @throws {StoreError} when the store is damaged there.
   */
  of(unit: string, channel: string): number | null {
    const sites = this.#store.screen.units[this.#units.get(unit) ?? -1]?.sites ?? []
    const index = this.channels.indexOf(channel)
    const means = sites
      .map((site) => this.#store.moments(site).mean[index] ?? Number.NaN)
      .filter(Number.isFinite)
    return means.length === 0 ? null : means.reduce((sum, mean) => sum + mean, 0) / means.length
  }
}
