import { ScreenError } from '../errors.js'
import { count } from '../words.js'
import {
  type Naming,
  type PlacePart,
  type PlaceSpan,
  patternOf,
  textOf,
  wellName,
} from './place-pattern.js'

/** A site as the names of its images tell. */
export interface FoundSite {
  readonly experiment: string
  readonly plate: string
  readonly well: string
  readonly site: string
  readonly part: string
  /** Row and column where the names tell these and not the well. */
  readonly row: string
  readonly column: string
  /** Path of the image of each channel (one for all where the names tell no channel); null is missing. */
  readonly images: readonly (string | null)[]
}

/** All sites of a folder, and how their images are named. */
export interface FoundSites {
  readonly naming: string
  /** What stands for each channel in the names, sorted; empty where one file holds all channels. */
  readonly channels: readonly string[]
  readonly channelNames: readonly string[]
  /** Pattern that makes every path from its parts; null where there is none. */
  readonly pattern: string | null
  readonly sites: readonly FoundSite[]
  /** Parts that vary. */
  readonly parts: ReadonlySet<PlacePart>
  readonly notes: readonly string[]
}

interface Draft extends Omit<FoundSite, 'images'> {
  readonly images: Map<string, string>
}

/** Stands where the names tell no plate or site, as for a folder of one plate. */
const only = '1'

/**
 * Reads all paths by a naming, and puts the images of each site together. Of several focal planes the
 * middle one is taken, of several times the first.
 *
 * @throws {ScreenError} when two images would be of the same place and channel.
 */
export function gatherSites(paths: readonly string[], naming: Naming): FoundSites {
  const notes: string[] = []
  const all = paths.flatMap((path) => {
    const spans = naming.read(path)
    return spans === null ? [] : [{ path, spans }]
  })
  if (all.length < paths.length) {
    const known = new Set(all.map(({ path }) => path))
    const stranger = paths.find((path) => !known.has(path))
    notes.push(
      `${count(paths.length - all.length, 'image')} named otherwise and left out, such as ${stranger}`,
    )
  }
  const kept = onePlane(all, notes)
  const drafts = new Map<string, Draft>()
  const channels = new Set<string>()
  for (const { path, spans } of kept) {
    const place = placeOf(path, spans)
    const key = JSON.stringify([place.part, place.experiment, place.plate, place.well, place.site])
    const draft = drafts.get(key) ?? { ...place, images: new Map<string, string>() }
    drafts.set(key, draft)
    const channel = textOf(path, spans, 'channel') ?? ''
    channels.add(channel)
    const twin = draft.images.get(channel)
    if (twin !== undefined) throw twins(twin, path, place, patternOf(path, spans))
    draft.images.set(channel, path)
  }
  const names = sortNumbers(channels)
  const patterns = new Set(kept.map(({ path, spans }) => patternOf(path, spans)))
  const [pattern = null] = patterns
  const plain = patterns.size === 1 && pattern !== null && !pattern.includes('{rest}')
  const parts = new Set(kept.flatMap(({ spans }) => spans.map(({ part }) => part)))
  return {
    naming: naming.name,
    channels: names.length === 1 && names[0] === '' ? [] : names,
    channelNames: names.map((name) => naming.channelNames.get(name) ?? name),
    pattern: plain ? pattern : null,
    parts,
    notes,
    sites: [...drafts.values()].map((draft) => ({
      ...draft,
      images: names.map((name) => draft.images.get(name) ?? null),
    })),
  }
}

type Read = { readonly path: string; readonly spans: readonly PlaceSpan[] }

/** One focal plane and one time of each site: patterns then name them as they are. */
function onePlane(all: readonly Read[], notes: string[]): Read[] {
  let kept = [...all]
  for (const [part, choose, words] of [
    ['plane', (values: readonly string[]) => Math.floor((values.length - 1) / 2), 'focal planes'],
    ['time', () => 0, 'times'],
  ] as const) {
    const values = sortNumbers(
      new Set(kept.map(({ path, spans }) => textOf(path, spans, part) ?? '')),
    )
    const chosen = values[choose(values)]
    if (values.length > 1) {
      kept = kept.filter(({ path, spans }) => (textOf(path, spans, part) ?? '') === chosen)
      notes.push(`${values.length} ${words}: ${chosen} is taken, the others are left out`)
    }
    kept = kept.map(({ path, spans }) => ({
      path,
      spans: spans.filter((span) => span.part !== part),
    }))
  }
  return kept
}

function placeOf(path: string, spans: readonly PlaceSpan[]): Omit<FoundSite, 'images'> {
  const text = (part: PlacePart) => textOf(path, spans, part) ?? ''
  const row = text('row')
  const column = text('column')
  return {
    experiment: text('experiment'),
    plate: text('plate') || only,
    well: text('well') || wellName(Number(row), Number(column)),
    site: text('site') || only,
    part: text('part').toLowerCase(),
    row,
    column,
  }
}

function twins(
  first: string,
  second: string,
  place: Omit<FoundSite, 'images'>,
  pattern: string,
): ScreenError {
  return new ScreenError(
    `init: ${first} and ${second} would both be plate ${place.plate}, well ${place.well}, site ${place.site} (read as ${pattern}), expected one image for each. What tells them apart must stand in a folder or word of its own, such as Plate1/B02_s1_w1.tif; or describe the screen in a CSV (docs/guide/screen.md).`,
  )
}

/** Sorted as numbers where all are whole numbers, else by code unit. */
function sortNumbers(values: ReadonlySet<string>): string[] {
  const sorted = [...values].sort()
  const whole = sorted.every((value) => /^\d+$/.test(value))
  return whole ? sorted.sort((a, b) => Number(a) - Number(b)) : sorted
}
