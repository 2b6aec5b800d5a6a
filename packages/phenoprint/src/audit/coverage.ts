import { existsSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Screen, Unit } from '../screen/screen.js'
import type { SiteSources } from '../store/sources.js'
import type { Store } from '../store/store.js'
import { count } from '../words.js'
import type { Finding } from './finding.js'

/**
 * The screen, its images and its store held against each other: sites that the store lacks though
 * their images are there, images that are not there, sites of which the tables know nothing, units
 * that the tables describe differently now, and files that belong to nothing.
 *
 * @param screen As its tables say.
 * @param sources The images that are there, by site of the screen.
 */
export function coverage(
  screen: Screen,
  sources: readonly SiteSources[],
  store: Store,
  fill: boolean,
): Finding[] {
  return [
    ...missingSites(screen, sources, store.screen, fill),
    ...unknownSites(screen, store.screen),
    ...changedUnits(screen, store.screen),
    ...strayPlates(store),
    ...strayImages(screen),
  ]
}

function missingSites(
  screen: Screen,
  sources: readonly SiteSources[],
  stored: Screen,
  fill: boolean,
): Finding[] {
  const there = new Set(stored.sites.map((site) => site.id))
  const findings: Finding[] = []
  const without = new Map<number, number>()
  screen.sites.forEach(({ id, unit }, i) => {
    const files = sources[i] ?? []
    const present = files.filter((file) => file !== null).length
    const plate = screen.units[unit]?.plate ?? 0
    if (!there.has(id) && (present === files.length || (fill && present > 0))) {
      findings.push({
        check: 'missing',
        severity: 'error',
        where: id,
        what: 'its images are there and the store lacks it; run preprocess again',
      })
    } else if (present === 0) without.set(plate, (without.get(plate) ?? 0) + 1)
    else if (present < files.length) {
      const lacking = screen.channels.filter((_, c) => files[c] === null).map(({ name }) => name)
      findings.push({
        check: 'missing',
        severity: 'warning',
        where: id,
        what: `no image of ${lacking.join(', ')}; ${there.has(id) ? 'stored all the same' : 'left out of the store'}`,
      })
    }
  })
  for (const [plate, sites] of without) {
    const { id, units } = screen.plates[plate] ?? { id: '', units: [] }
    const all = units.reduce((sum, unit) => sum + (screen.units[unit]?.sites.length ?? 0), 0)
    findings.push({
      check: 'missing',
      severity: 'warning',
      where: id,
      what: `${sites.toLocaleString('en')} of ${count(all, 'site')} without any image in the folder`,
    })
  }
  return findings
}

function unknownSites(screen: Screen, stored: Screen): Finding[] {
  const known = new Set(screen.sites.map((site) => site.id))
  return stored.sites.flatMap(({ id }) =>
    known.has(id)
      ? []
      : [
          {
            check: 'extra' as const,
            severity: 'error' as const,
            where: id,
            what: 'the store has it and the tables know nothing of it',
          },
        ],
  )
}

function changedUnits(screen: Screen, stored: Screen): Finding[] {
  const facts = ({ role, label, part, code }: Unit) => ({ role, label, part, code })
  const now = new Map(screen.units.map((unit) => [unit.id, facts(unit)]))
  return stored.units.flatMap((unit) => {
    const is = now.get(unit.id)
    const was = facts(unit)
    if (is === undefined || isDeepStrictEqual(is, was)) return []
    return [
      {
        check: 'tables' as const,
        severity: 'error' as const,
        where: unit.id,
        what: `the store has ${JSON.stringify(was)}, the tables now say ${JSON.stringify(is)}`,
      },
    ]
  })
}

/** Plates in the store's folder that the store does not list. */
function strayPlates(store: Store): Finding[] {
  const known = new Set(store.screen.plates.map((_, plate) => basename(store.plateFile(plate))))
  return readdirSync(store.path)
    .filter((name) => name.endsWith('.ozx') && !known.has(name))
    .sort()
    .map((name) => ({
      check: 'extra',
      severity: 'warning',
      where: join(store.path, name),
      what: 'belongs to no plate of the screen',
    }))
}

/** Images that no row of the tables names, in the folders of those that are named. */
function strayImages(screen: Screen): Finding[] {
  const folders = new Map<string, Set<string>>()
  for (const path of screen.sites.flatMap((site) => site.images)) {
    const names = folders.get(dirname(path)) ?? new Set()
    folders.set(dirname(path), names.add(basename(path)))
  }
  return [...folders].flatMap(([folder, names]): Finding[] => {
    if (!existsSync(folder)) return []
    const stray = readdirSync(folder).filter(
      (name) => /\.(png|tiff?|jpe?g)$/i.test(name) && !names.has(name),
    )
    if (stray.length === 0) return []
    return [
      {
        check: 'extra',
        severity: 'warning',
        where: folder,
        what: `${count(stray.length, 'image')} that no row of the tables names; first ${stray.sort()[0]}`,
      },
    ]
  })
}
