import { join } from 'node:path'
import type { Config } from '../config/config.js'
import { requireSection } from '../config/require.js'
import { StoreError } from '../errors.js'
import { writeJson } from '../run/files.js'
import type { Reporter, VerbResult } from '../run/reporter.js'
import { readScreen } from '../screen/read-screen.js'
import type { Screen } from '../screen/screen.js'
import { splitScreen } from '../screen/split.js'
import { findSources } from '../store/sources.js'
import { Store } from '../store/store.js'
import { count } from '../words.js'
import { channelFindings } from './channels.js'
import { controlFindings } from './controls.js'
import { coverage } from './coverage.js'
import { duplicates, type Sides } from './duplicates.js'
import { countFindings, type Finding, findingLines } from './finding.js'
import { leaks } from './leaks.js'
import { outliers } from './outliers.js'
import { readPixels } from './read-pixels.js'

export const auditFile = 'audit.json'

/**
 * `phenoprint audit`: holds a screen, its images, its store and its split against each other, and
 * reads every pixel of the store. Tells all findings, and writes them to `audit.json` in the store's
 * folder.
 *
 * @throws {StoreError} when there is no store, or when a finding is an error: then all have been told.
 * @throws {ConfigError} when `screen` or `store` is missing, or `split` does not fit the screen.
 * @throws {ScreenError} when the tables do not describe a screen.
 */
export async function audit(config: Config, reporter: Reporter): Promise<VerbResult> {
  const section = requireSection(config, 'screen', 'audit')
  const { path } = requireSection(config, 'store', 'audit')
  const screen = await readScreen(section)
  const { store, faults } = Store.inspect(path)
  using _store = store
  const sources = await findSources(screen, section.folder, reporter)
  const sides = sidesOf(screen, config)
  const storedSides = sidesInStore(screen, store.screen, sides)
  const unreadable = new Set(faults.flatMap(({ plate }) => plate ?? []))
  const findings = [
    ...faults.map(
      ({ name, what }): Finding => ({ check: 'corrupt', severity: 'error', where: name, what }),
    ),
    ...coverage(screen, sources, store, section.onMissing.channel === 'zero'),
    ...(await pixelFindings(store, unreadable, storedSides, reporter)),
    ...leaks(screen, sides),
  ]
  const file = join(path, auditFile)
  const counts = countFindings(findings)
  writeJson(file, { store: path, digest: store.digest, counts, findings })
  for (const finding of findings) reporter.event({ type: 'finding', ...finding })
  for (const line of findingLines(findings)) reporter.say(line)
  const errors = findings.filter(({ severity }) => severity === 'error').length
  const tally = `${count(errors, 'error')} and ${count(findings.length - errors, 'warning')} in ${count(store.screen.sites.length, 'site')}`
  if (errors > 0) {
    throw new StoreError(
      `audit: ${path}: ${tally}, expected no error. All are in ${file}; mend what they name, and run audit again.`,
    )
  }
  reporter.say(`audit: ${path}: ${tally}`)
  return { status: 'done', figures: { sites: store.screen.sites.length, ...counts }, files: [file] }
}

/** The side of each unit: of the split where one is configured, else of the screen's own parts. */
function sidesOf(screen: Screen, config: Config): Sides {
  if (config.split === undefined) {
    return new Map(screen.units.map((unit, index) => [index, unit.part]))
  }
  const { train, validation, test } = splitScreen(screen, config.split)
  return new Map(
    Object.entries({ train, validation, test }).flatMap(([side, units]) =>
      units.map((unit) => [unit, side] as const),
    ),
  )
}

/** The side of each unit of the store, which has fewer than the tables where images are missing. */
function sidesInStore(screen: Screen, stored: Screen, sides: Sides): Sides {
  const byId = new Map([...sides].map(([unit, side]) => [screen.units[unit]?.id, side]))
  return new Map(
    stored.units.flatMap(({ id }, unit) => {
      const side = byId.get(id)
      return side === undefined ? [] : [[unit, side] as const]
    }),
  )
}

async function pixelFindings(
  store: Store,
  unreadable: ReadonlySet<number>,
  sides: Sides,
  reporter: Reporter,
): Promise<Finding[]> {
  const { screen, channels } = store
  const { findings, whole, focus, planes } = await readPixels(store, unreadable, reporter)
  const mean = new Float64Array(screen.sites.length * channels).fill(Number.NaN)
  const variance = new Float64Array(mean)
  const sites = whole.flatMap((is, site) => (is ? [site] : []))
  for (const site of sites) {
    const moments = store.moments(site)
    mean.set(moments.mean, site * channels)
    variance.set(moments.variance, site * channels)
  }
  const varies = (site: number, channel: number) => (variance[site * channels + channel] ?? 0) > 0
  const plateSites = screen.plates.map((_, plate) =>
    store.plateSites(plate).filter((site) => whole[site]),
  )
  return [
    ...findings,
    ...duplicates(screen, planes, varies, sides),
    ...channelFindings(store, sites),
    ...outliers(screen, plateSites, { mean, variance, focus }),
    ...controlFindings(screen, mean),
  ]
}
