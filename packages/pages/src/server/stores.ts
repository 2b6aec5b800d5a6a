import { statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import {
  PlateReader,
  readStoredScreen,
  type StoredScreen,
  screenFile,
  tiling,
} from '@phenoprint/phenoprint/serving'
import type { PlateContents, Store, Unit } from '../api/store.js'
import { contentTag } from './files.js'
import { nothingHere } from './request-fault.js'
import { segmentsOfPath } from './segments.js'
import type { ServedFolder } from './served-folder.js'

/** Screens that are kept: that of a full RxRx1 takes some 100 MB. */
const mostKept = 2

/** The stores of the served folder: their screens are read once, and again when they change. */
export class Stores {
  readonly #folder: ServedFolder
  readonly #screens = new Map<string, StoredScreen>()

  constructor(folder: ServedFolder) {
    this.#folder = folder
  }

  /**
   * A store without its wells.
   *
   * @throws {RequestFault} 404 when there is none.
   * @throws {StoreError} when its description is damaged.
   */
  async describe(address: string): Promise<Store> {
    const { screen, image, digest } = this.#read(await this.#find(address))
    const { name, synthetic, unitKind, classes } = screen
    return {
      ...{ path: address, name, digest, synthetic, unitKind, classes },
      channels: screen.channels.map(({ name, color = null }) => ({ name, color })),
      image: { height: image.height, width: image.width, dtype: image.dtype },
      plates: screen.plates.map(({ id, experiment, cellType, plate, units }) => ({
        ...{ id, experiment, cellType, plate },
        units: units.length,
        sites: units.reduce((sum, unit) => sum + (screen.units[unit]?.sites.length ?? 0), 0),
      })),
    }
  }

  /**
   * A plate and all that is on it.
   *
   * @param id Of the plate: `<experiment>/<plate>`.
   * @throws {RequestFault} 404 when there is no such store or plate.
   * @throws {StoreError} when either is damaged.
   */
  async plate(address: string, id: string): Promise<PlateContents> {
    const path = await this.#find(address)
    const stored = this.#read(path)
    const { screen } = stored
    const index = screen.plates.findIndex((plate) => plate.id === id)
    const plate = screen.plates[index]
    if (plate === undefined) throw nothingHere()
    const { experiment, cellType } = plate
    const means = meansOf(path, stored, index)
    const units = plate.units.flatMap((number): Unit[] => {
      const unit = screen.units[number]
      if (unit === undefined) return []
      const { id, well, role, code } = unit
      const sites = unit.sites.map((site) => ({
        site: screen.sites[site]?.site ?? '',
        field: this.#fieldOf(path, stored, site),
        means: means.get(site) ?? [],
      }))
      return [{ ...{ id, well, role, code }, label: labelOf(screen, unit.label), sites }]
    })
    return { id, experiment, cellType, plate: plate.plate, units }
  }

  async #find(address: string): Promise<string> {
    return await this.#folder.find([...segmentsOfPath(address)])
  }

  #read(path: string): StoredScreen {
    const stats = statSync(join(path, screenFile), { throwIfNoEntry: false })
    if (stats === undefined) throw nothingHere()
    const key = `${path} ${contentTag(stats)}`
    const known = this.#screens.get(key)
    if (known !== undefined) return known
    const stored = readStoredScreen(path)
    if (stored === null) throw nothingHere()
    this.#screens.set(key, stored)
    const [oldest] = this.#screens.keys()
    if (this.#screens.size > mostKept && oldest !== undefined) this.#screens.delete(oldest)
    return stored
  }

  /** Pixels that stay in plates of others are shown where those are served too. */
  #fieldOf(path: string, { screen, inPlace }: StoredScreen, site: number): string | null {
    const own = screen.sites[site]?.images[0] ?? ''
    if (inPlace === undefined) return `${this.#folder.addressOf(path)}/${own}`.replace(/^\.\//, '')
    const field = resolve(path, inPlace.folder, inPlace.fields[site] ?? '')
    const [, plate = '', rest = ''] = /^(.*?\.(?:ozx|zarr))([/\\].+)$/i.exec(field) ?? []
    const address = plate === '' ? null : this.#folder.address(plate)
    return address === null ? null : address + rest.replaceAll('\\', '/')
  }
}

/** Mean of each channel of the sites of a plate, as counted by preprocess; null for NaN. */
function meansOf(
  path: string,
  { screen, image, tile, codec, files }: StoredScreen,
  plate: number,
): Map<number, (number | null)[]> {
  const indices = screen.sites.flatMap(({ unit }, i) =>
    screen.units[unit]?.plate === plate ? [i] : [],
  )
  const sites = indices.map((index) => ({
    id: screen.sites[index]?.id ?? '',
    path: (screen.sites[index]?.images[0] ?? '').split('/').slice(1).join('/'),
  }))
  const { name = '', digest = '' } = files[plate] ?? {}
  const file = join(path, name)
  using reader = new PlateReader(file, sites, tiling(image, tile), codec, digest)
  const { mean } = reader.moments()
  return new Map(
    indices.map((index, row) => [
      index,
      Array.from({ length: image.channels }, (_, c) => {
        const value = mean[row * image.channels + c] ?? Number.NaN
        return Number.isNaN(value) ? null : value
      }),
    ]),
  )
}

/** The name of a class: controls are counted behind the treatments, and have numbers only. */
function labelOf(screen: StoredScreen['screen'], label: number | null): string {
  if (label === null) return ''
  if (label >= screen.classes) return `control ${label - screen.classes}`
  return screen.classNames?.[label] ?? `class ${label}`
}
