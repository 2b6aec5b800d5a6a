import { type Tensor, tensor } from '@phenoprint/torch'
import { PredictionError } from '../errors.js'
import type { Screen } from '../screen/screen.js'

/** The cell types of a screen's sites, as a network takes them beside the features of an image. */
export class CellTypeInput {
  readonly #names: readonly string[]
  /** The input that is 1, by plate; -1 where the network does not know the cell type. */
  readonly #places: readonly number[]
  readonly #screen: Screen

  /** @param names In the order of the network's inputs. */
  constructor(screen: Screen, names: readonly string[]) {
    this.#screen = screen
    this.#names = names
    this.#places = screen.plates.map(({ cellType }) => names.indexOf(cellType))
  }

  /**
   * `[site, cell type]`, float32: 1 at the cell type of each site.
   *
   * @param sites Indices into the screen's sites.
   * @throws {PredictionError} for a cell type that the network was not trained with.
   */
  ofSites(sites: readonly number[]): Tensor {
    const units = sites.map((site) => this.#screen.sites[site]?.unit ?? -1)
    return this.#tensorOf(units, null)
  }

  /**
   * `[unit, cell type]`: 1 at the cell type of each unit, or where images are mixed each one's share.
   *
   * @param units Indices into the screen's units.
   * @throws as `ofSites`.
   */
  ofUnits(
    units: Iterable<number>,
    mixed: { readonly units: Int32Array; readonly shares: Float32Array } | null,
  ): Tensor {
    return this.#tensorOf([...units], mixed)
  }

  #tensorOf(
    units: readonly number[],
    mixed: { readonly units: Int32Array; readonly shares: Float32Array } | null,
  ): Tensor {
    const count = this.#names.length
    const shares = new Float32Array(units.length * count)
    const add = (row: number, unit: number, share: number) => {
      const place = row * count + this.#placeOf(unit)
      shares[place] = (shares[place] ?? 0) + share
    }
    units.forEach((unit, row) => {
      const share = mixed?.shares[row] ?? 1
      add(row, unit, share)
      if (share < 1) add(row, mixed?.units[row] ?? unit, 1 - share)
    })
    return tensor(shares, { shape: [units.length, count] })
  }

  #placeOf(unit: number): number {
    const plate = this.#screen.units[unit]?.plate ?? -1
    const place = this.#places[plate] ?? -1
    if (place >= 0) return place
    throw new PredictionError(
      `model: the network takes the cell type as an input and knows ${this.#names.join(', ')}, and plate ${this.#screen.plates[plate]?.id} is of ${this.#screen.plates[plate]?.cellType}. Use a model that was trained with that cell type, or leave its experiments out (split.skipExperiments).`,
    )
  }
}

/** The cell types that a network of this screen takes, sorted: those of all plates, test plates too. */
export function cellTypesOfPlates(screen: Screen): string[] {
  return [...new Set(screen.plates.map(({ cellType }) => cellType))].sort()
}

/** The input of a network that takes cell types; null for one that takes none. */
export function cellTypeInput(
  screen: Screen,
  names: readonly string[] | undefined,
): CellTypeInput | null {
  return names === undefined || names.length === 0 ? null : new CellTypeInput(screen, names)
}
