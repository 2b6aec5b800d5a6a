import { encodePng } from '../../png.js'
import type { Screen } from '../../screen/screen.js'
import type { Store } from '../../store/store.js'
import { readSite } from '../../store/verify.js'
import { colourPicture } from '../colour-picture.js'
import { displayOf } from '../display.js'
import { smallerPicture } from './smaller-picture.js'

/** A well and a negative control of its plate, shown alike. */
export interface WellPicture {
  /** Width and height in pixels. */
  readonly width: number
  readonly height: number
  /** PNG as data URLs. */
  readonly well: string
  /** null where the plate has no control with an image. */
  readonly control: { readonly well: string; readonly picture: string } | null
}

/** Pictures of wells in the colours of the screen's channels, each drawn once. */
export class WellPictures {
  readonly #store: Store
  readonly #units: ReadonlyMap<string, number>
  readonly #drawn = new Map<string, WellPicture>()

  constructor(store: Store) {
    this.#store = store
    this.#units = new Map(store.screen.units.map(({ id }, index) => [id, index]))
  }

  /**
   * The first site of a well beside that of the first negative control of its plate, with one
   * brightness for both.
   *
   * @param unit Its id.
   * @param side No picture is wider or higher, in pixels.
   * @returns null where the store has no image of it.
   * @throws {StoreError} when the store is damaged there.
   */
  async of(unit: string, side: number): Promise<WellPicture | null> {
    const key = `${side} ${unit}`
    const known = this.#drawn.get(key)
    if (known !== undefined) return known
    const { screen } = this.#store
    const index = this.#units.get(unit)
    const [site] = screen.units[index ?? -1]?.sites ?? []
    if (index === undefined || site === undefined) return null
    const control = controlOf(screen, index)
    const sites = [site, ...(control === null ? [] : [control.site])]
    const pixels = await Promise.all(sites.map((of) => readSite(this.#store, of)))
    const display = displayOf(screen, undefined, pixels)
    const pictures = pixels.map((of) =>
      smallerPicture(colourPicture(of, this.#store.imageShape, display), side),
    )
    const [first, second] = pictures.map(({ rgb, width, height }) => {
      const png = encodePng(rgb, width, height, 3)
      return `data:image/png;base64,${png.toString('base64')}`
    })
    const made: WellPicture = {
      width: pictures[0]?.width ?? 0,
      height: pictures[0]?.height ?? 0,
      well: first ?? '',
      control:
        control === null || second === undefined ? null : { well: control.well, picture: second },
    }
    this.#drawn.set(key, made)
    return made
  }
}

/** The first negative control of a unit's plate that has an image. */
function controlOf(
  screen: Screen,
  unit: number,
): { readonly well: string; readonly site: number } | null {
  const plate = screen.plates[screen.units[unit]?.plate ?? -1]
  for (const other of plate?.units ?? []) {
    const { role, well = '', sites: [site] = [] } = screen.units[other] ?? {}
    if (other !== unit && role === 'negativeControl' && site !== undefined) return { well, site }
  }
  return null
}
