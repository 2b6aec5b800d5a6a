import type { Plate, Screen, Site, Unit } from '../screen/screen.js'

/**
 * The part of a screen whose sites are kept: units without a site and plates without a unit are
 * left out, and indices count anew. Classes stay as they are.
 *
 * @param keep Whether a site stays, by its index.
 */
export function keepSites(screen: Screen, keep: (site: number) => boolean): Screen {
  const plates: Plate[] = []
  const units: Unit[] = []
  const sites: Site[] = []
  for (const plate of screen.plates) {
    const plateUnits: number[] = []
    for (const unitIndex of plate.units) {
      const unit = screen.units[unitIndex]
      const kept = unit?.sites.filter(keep) ?? []
      if (unit === undefined || kept.length === 0) continue
      const unitSites: number[] = []
      for (const siteIndex of kept) {
        const site = screen.sites[siteIndex]
        if (site === undefined) continue
        unitSites.push(sites.length)
        sites.push({ ...site, unit: units.length })
      }
      plateUnits.push(units.length)
      units.push({ ...unit, plate: plates.length, sites: unitSites })
    }
    if (plateUnits.length > 0) plates.push({ ...plate, units: plateUnits })
  }
  return { ...screen, plates, units, sites }
}
