import type { Plate, Screen } from '../screen/screen.js'
import { type PlateGrid, plateGrid, type WellPlace, wellPlaces } from './layout.js'

/** A site of a plate and where it lies in the plate's file. */
export interface PlannedSite {
  /** Index into the screen's sites. */
  readonly site: number
  readonly id: string
  /** Group of the field: `B/02/0`. */
  readonly path: string
}

export interface PlannedWell {
  readonly well: string
  readonly place: WellPlace
  readonly sites: readonly PlannedSite[]
}

/** What a plate's file will hold, before any pixel is read. */
export interface PlatePlan {
  readonly plate: Plate
  readonly grid: PlateGrid
  readonly wells: readonly PlannedWell[]
  /** All sites, in the order of wells and fields: the order of shards and statistics. */
  readonly sites: readonly PlannedSite[]
}

/**
 * Places the sites of a plate: wells in the order they come, sites of a well as its fields.
 *
 * @param screen What will be stored.
 * @param wells All wells of the plate, those without images too: they make the grid.
 */
export function planPlate(screen: Screen, plate: Plate, wells: readonly string[]): PlatePlan {
  const places = wellPlaces(wells)
  const sitesOf = new Map<string, number[]>(wells.map((well) => [well, []]))
  for (const index of plate.units) {
    const unit = screen.units[index]
    if (unit !== undefined) sitesOf.get(unit.well)?.push(...unit.sites)
  }
  const planned: PlannedWell[] = []
  wells.forEach((well, i) => {
    const place = places[i]
    const sites = sitesOf.get(well) ?? []
    if (place === undefined || sites.length === 0) return
    planned.push({
      well,
      place,
      sites: sites.map((site, field) => ({
        site,
        id: screen.sites[site]?.id ?? '',
        path: `${place.row}/${place.column}/${field}`,
      })),
    })
  })
  return {
    plate,
    grid: plateGrid(wells, places),
    wells: planned,
    sites: planned.flatMap((well) => well.sites),
  }
}

/** Wells of each plate of a screen, by the plate's id, in the order they come. */
export function wellsOfPlates(screen: Screen): ReadonlyMap<string, readonly string[]> {
  return new Map(
    screen.plates.map(({ id, units }) => [
      id,
      [...new Set(units.flatMap((unit) => screen.units[unit]?.well ?? []))],
    ]),
  )
}
