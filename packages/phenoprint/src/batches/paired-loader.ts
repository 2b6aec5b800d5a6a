import type { Store } from '../store/store.js'
import type { BatchLoader } from './batch-loader.js'
import { type PairKind, PlateControls } from './plate-controls.js'
import type { Batch, Sample } from './samples.js'

/** Loads views to predict, each beside a control of its plate, for networks that take pairs. */
export class PairedLoader {
  readonly #loader: BatchLoader
  readonly #controls: PlateControls
  readonly #tilesPerSite: number
  readonly #seed: number

  /** @param seed Which controls are drawn: that of the network's training. */
  constructor(loader: BatchLoader, store: Store, kind: PairKind, seed: number) {
    this.#loader = loader
    this.#controls = new PlateControls(store.screen, kind)
    this.#tilesPerSite = store.tilesPerSite
    this.#seed = seed
  }

  /**
   * @throws {ConfigError} when a plate has no control.
   * @throws as `BatchLoader.load`.
   */
  async load(samples: readonly Sample[]): Promise<Batch> {
    return this.#loader.load(this.#controls.beside(samples, this.#seed, this.#tilesPerSite))
  }
}

/** The loader that a network's views come through: with controls beside them where it takes pairs. */
export function viewLoader(
  loader: BatchLoader,
  store: Store,
  pairs: PairKind | 'none',
  seed: number,
): BatchLoader | PairedLoader {
  return pairs === 'none' ? loader : new PairedLoader(loader, store, pairs, seed)
}
