import type { Channel, Plate, Screen } from '../screen/screen.js'
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
  readonly channels: readonly Channel[]
}

/** Places the sites of a plate: wells in the order they come, sites of a well as its fields. */
export function planPlate(screen: Screen, plate: Plate): PlatePlan {
  const byWell = new Map<string, number[]>()
  for (const unitIndex of plate.units) {
    const unit = screen.units[unitIndex]
    if (unit === undefined || unit.sites.length === 0) continue
    byWell.set(unit.well, [...(byWell.get(unit.well) ?? []), ...unit.sites])
  }
  const names = [...byWell.keys()]
  const places = wellPlaces(names)
  const wells: PlannedWell[] = []
  places.forEach((place, i) => {
    const well = names[i] ?? ''
    const sites = (byWell.get(well) ?? []).map((site, field) => ({
      site,
      id: screen.sites[site]?.id ?? '',
      path: `${place.row}/${place.column}/${field}`,
    }))
    wells.push({ well, place, sites })
  })
  const sites = wells.flatMap((well) => well.sites)
  return { plate, grid: plateGrid(names, places), wells, sites, channels: screen.channels }
}
