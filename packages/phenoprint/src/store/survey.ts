import { join } from 'node:path'
import type { Section } from '../config/config.js'
import { writeJson } from '../run/files.js'
import type { Reporter } from '../run/reporter.js'
import type { Screen } from '../screen/screen.js'
import { keepSites } from './keep-sites.js'
import type { SiteToLoad } from './load-sites.js'
import {
  judgeMissing,
  type Missing,
  missingLines,
  type OnMissing,
  refuseMissing,
} from './missing.js'
import { wellsOfPlates } from './plate-plan.js'
import { findSources } from './sources.js'
import { countScreen, type ScreenCounts, summaryLines } from './summary.js'

/** What the configuration says about making a store. */
export interface StoreOrder {
  /** The screen's folder: source files are remembered from there. */
  readonly folder: string
  readonly onMissing: OnMissing
  readonly store: Section<'store'>
}

/** A screen held against the images that are there. */
export interface Survey {
  /** Of the whole screen, as its tables say. */
  readonly counts: ScreenCounts
  /** The part with images. */
  readonly screen: Screen
  /** The files of each of its sites. */
  readonly sites: readonly SiteToLoad[]
  /** All wells of each plate, by the plate's id: those without images too. */
  readonly wells: ReadonlyMap<string, readonly string[]>
  readonly missing: Missing
}

export const reportFile = 'preprocess-report.json'

/**
 * Looks which images are there, tells what is missing, and writes the report.
 *
 * @throws {ImageError} when something is missing that must be there.
 */
export async function surveyImages(
  screen: Screen,
  order: StoreOrder,
  reporter: Reporter,
): Promise<Survey> {
  const counts = countScreen(screen)
  for (const line of summaryLines(screen, counts)) reporter.say(line)
  const sources = await findSources(screen, order.folder, reporter)
  const verdict = judgeMissing(screen, sources, order.onMissing)
  const { keep, zeroed, missing } = verdict
  for (const line of missingLines(missing, screen.unitKind)) reporter.say(line)
  writeReport(order.store.path, { counts, missing }, [])
  refuseMissing(screen, sources, order.onMissing, verdict)
  const sites = screen.sites.flatMap((_, site) =>
    keep[site] ? [{ sources: sources[site] ?? [], zeroed: zeroed[site] ?? [] }] : [],
  )
  const there = keepSites(screen, (site) => keep[site] === true)
  return { counts, screen: there, sites, wells: wellsOfPlates(screen), missing }
}

/**
 * Writes what the screen has, what is missing, and what is broken.
 *
 * @param broken A message for each image that cannot be used.
 */
export function writeReport(
  folder: string,
  { counts, missing }: Pick<Survey, 'counts' | 'missing'>,
  broken: readonly string[],
): void {
  writeJson(join(folder, reportFile), { screen: counts, missing, broken })
}
