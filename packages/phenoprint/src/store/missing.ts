import type { Section } from '../config/config.js'
import { ImageError } from '../errors.js'
import type { Screen } from '../screen/screen.js'
import { count } from '../words.js'
import type { SiteSources } from './sources.js'

export type OnMissing = Section<'screen'>['onMissing']

/** A site of which some images are missing, or whose unit has other sites that are there. */
export interface PartialSite {
  readonly site: string
  /** Names of the channels without an image. */
  readonly channels: readonly string[]
  readonly done: 'left out' | 'filled with zeros' | 'refused'
}

/** What the tables name and the folder lacks. */
export interface Missing {
  /** Plates with units that have no image at all. */
  readonly plates: readonly {
    readonly plate: string
    readonly withoutImages: number
    readonly units: number
  }[]
  readonly sites: readonly PartialSite[]
}

/** What becomes of each site. */
export interface MissingVerdict {
  /** By site. */
  readonly keep: readonly boolean[]
  /** Channel indices to fill with zeros, by site. */
  readonly zeroed: readonly (readonly number[])[]
  readonly missing: Missing
}

/** Decides what becomes of sites whose images are missing. */
export function judgeMissing(
  screen: Screen,
  sources: readonly SiteSources[],
  onMissing: OnMissing,
): MissingVerdict {
  const keep: boolean[] = new Array(screen.sites.length).fill(true)
  const zeroed: number[][] = screen.sites.map(() => [])
  const sites: PartialSite[] = []
  const plates = screen.plates.map(({ id, units }) => ({
    plate: id,
    withoutImages: 0,
    units: units.length,
  }))
  const absent = screen.sites.map((_, site) => absentChannels(screen, sources[site] ?? []))
  const empty = (site: number) => absent[site]?.length === screen.channels.length
  for (const unit of screen.units) {
    const plate = plates[unit.plate]
    if (unit.sites.every(empty) && plate !== undefined) {
      plate.withoutImages++
      for (const site of unit.sites) keep[site] = false
      continue
    }
    for (const site of unit.sites) {
      const lacking = absent[site] ?? []
      if (lacking.length === 0) continue
      const policy = empty(site) ? onMissing.image : onMissing.channel
      keep[site] = policy === 'zero'
      if (policy === 'zero') zeroed[site] = lacking
      sites.push({
        site: screen.sites[site]?.id ?? '',
        channels: lacking.map((channel) => screen.channels[channel]?.name ?? String(channel)),
        done: outcomes[policy],
      })
    }
  }
  const missing = { plates: plates.filter((plate) => plate.withoutImages > 0), sites }
  return { keep, zeroed, missing }
}

const outcomes = { error: 'refused', skip: 'left out', zero: 'filled with zeros' } as const

/** Channels without an image; a single file for all channels lacks all or none. */
function absentChannels(screen: Screen, sources: SiteSources): number[] {
  const one = sources.length === 1
  return screen.channels.flatMap((_, channel) =>
    (sources[one ? 0 : channel] ?? null) === null ? [channel] : [],
  )
}

/**
 * Stops where the configuration says that nothing of a kind may be missing, and where no site is left.
 *
 * @throws {ImageError} naming how many sites, and a file that is missing.
 */
export function refuseMissing(
  screen: Screen,
  sources: readonly SiteSources[],
  onMissing: OnMissing,
  { keep }: MissingVerdict,
): void {
  const absent = screen.sites.map((_, site) => absentChannels(screen, sources[site] ?? []))
  const all = screen.channels.length
  const whole = absent.flatMap((channels, site) => (channels.length === all ? [site] : []))
  const partial = absent.flatMap(({ length }, site) => (length > 0 && length < all ? [site] : []))
  const path = (site: number) => screen.sites[site]?.images[absent[site]?.[0] ?? 0]
  const [firstWhole] = whole
  if (onMissing.image === 'error' && firstWhole !== undefined) {
    throw new ImageError(
      `screen: ${count(whole.length, 'site')} of ${absent.length} without any image, expected none; first ${screen.sites[firstWhole]?.id}: ${path(firstWhole)} is missing. Put the images there, or set screen.onMissing.image: skip to leave such sites out.`,
    )
  }
  const [firstPartial] = partial
  if (onMissing.channel === 'error' && firstPartial !== undefined) {
    const got = all - (absent[firstPartial]?.length ?? 0)
    throw new ImageError(
      `screen: ${count(partial.length, 'site')} with some channels missing, expected none; first ${screen.sites[firstPartial]?.id}: got ${got} of ${all} channels, ${path(firstPartial)} is missing. Put the images there, or set screen.onMissing.channel: skip to leave such sites out (zero: fill the channel).`,
    )
  }
  if (keep.includes(true)) return
  throw new ImageError(
    `screen: none of the ${count(screen.sites.length, 'site')} has its images, expected at least one; the first would be ${screen.sites[0]?.images[0]}. Check screen.folder and the path of the images.`,
  )
}

/** What is missing, for people: one line a plate, and one for each partial site. */
export function missingLines({ plates, sites }: Missing, unit: 'well' | 'image'): string[] {
  return [
    ...plates.map(
      ({ plate, withoutImages, units }) =>
        `missing: ${plate}: ${withoutImages} of ${count(units, unit)} without any image`,
    ),
    ...sites.map(
      ({ site, channels, done }) =>
        `missing: ${site}: no image of ${channels.length === 1 ? 'channel' : 'channels'} ${channels.join(', ')}; ${done}`,
    ),
  ]
}
