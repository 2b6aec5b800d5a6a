import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Screen } from '../screen/screen.js'
import { existingPlate, type PlateSettings } from './existing-plate.js'
import { plateFiles } from './layout.js'
import type { SiteToLoad } from './load-sites.js'
import { type PlatePlan, planPlate } from './plate-plan.js'
import type { PlateOrigin, WrittenPlate } from './plate-writer.js'
import { sourcesDigest } from './sources.js'
import { storedForm } from './stored-screen.js'
import type { Survey } from './survey.js'

/** A plate to be made, or found whole. */
export interface PlateJob {
  /** File name in the store. */
  readonly name: string
  readonly path: string
  readonly plan: PlatePlan
  /** In the plan's order. */
  readonly sites: readonly SiteToLoad[]
  readonly origin: PlateOrigin
  /** What an earlier run made, if it did. */
  readonly whole: WrittenPlate | null
}

/**
 * One job a plate, in the order of the screen's plates.
 *
 * @throws {StoreError} when the folder holds a plate of other settings or other source files.
 */
export function planJobs(
  { screen, sites, wells }: Survey,
  folder: string,
  settings: PlateSettings,
): PlateJob[] {
  const names = plateFiles(screen.plates)
  return screen.plates.map((plate, index) => {
    const name = names[index] ?? ''
    const path = join(folder, name)
    const plan = planPlate(screen, plate, wells.get(plate.id) ?? [])
    const ofPlate = plan.sites.map(({ site }) => sites[site] ?? { sources: [], zeroed: [] })
    const sources = sourcesDigest(
      plan.sites.map(({ id }, i) => ({ id, sources: ofPlate[i]?.sources ?? [] })),
    )
    const { experiment, cellType } = plate
    const origin = {
      plate: { experiment, cellType, plate: plate.plate, settings, sources },
      sources: ofPlate.map((site) => site.sources.map((source) => source?.name ?? null)),
    }
    const whole = existingPlate(path, plan, settings, sources)
    return { name, path, plan, sites: ofPlate, origin, whole }
  })
}

/** The screen as the store keeps it: the images of a site are its field in a plate's file. */
export function screenOfStore(screen: Screen, jobs: readonly PlateJob[]): Screen {
  const fields = new Map<number, string>()
  for (const { name, plan } of jobs) {
    for (const { site, path } of plan.sites) fields.set(site, `${name}/${path}`)
  }
  const sites = screen.sites.map((site, index) => ({
    ...site,
    images: [fields.get(index) ?? ''],
  }))
  return storedForm({ ...screen, sites })
}

/** Plates in the folder that the screen does not have. */
export function strangers(folder: string, jobs: readonly PlateJob[]): string[] {
  const known = new Set(jobs.map((job) => job.name))
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ozx') && !known.has(name))
    .sort()
}
