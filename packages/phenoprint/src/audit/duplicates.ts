import type { Screen } from '../screen/screen.js'
import type { Finding } from './finding.js'

/** On which side of the split a unit is, by its index; those on none are not in it. */
export type Sides = ReadonlyMap<number, string>

/**
 * The same pixels under two names: whole sites, and single channels. Constant channels, and missing
 * ones that were stored as zeros, are alike without being copies and count for nothing.
 *
 * A copy is an error where the two have different labels or stand on two sides of the split, for
 * then training is told something wrong or something it must not know.
 *
 * @param planes Digest of each channel of each site, `[site * channels + channel]`; empty is unknown.
 * @param varies Whether a channel of a site is there and has more than one value.
 */
export function duplicates(
  screen: Screen,
  planes: readonly string[],
  varies: (site: number, channel: number) => boolean,
  sides: Sides,
): Finding[] {
  const channels = screen.channels.length
  const first = new Map<string, number>()
  const findings: Finding[] = []
  for (let site = 0; site < screen.sites.length; site++) {
    /** Channels that are copies, by the site they are copies of. */
    const copies = new Map<number, string[]>()
    let varied = 0
    for (let channel = 0; channel < channels; channel++) {
      const digest = planes[site * channels + channel] ?? ''
      if (digest === '' || !varies(site, channel)) continue
      varied++
      const seen = first.get(digest)
      if (seen === undefined) first.set(digest, site * channels + channel)
      else {
        const of = Math.floor(seen / channels)
        const names = [screen.channels[channel]?.name, screen.channels[seen % channels]?.name]
        const named = names[0] === names[1] ? `${names[0]}` : `${names[0]} (there ${names[1]})`
        copies.set(of, [...(copies.get(of) ?? []), named])
      }
    }
    for (const [of, names] of copies) {
      const what = names.length === varied ? 'all pixels' : names.join(', ')
      findings.push(copy(screen, site, of, what, sides))
    }
  }
  return findings
}

function copy(screen: Screen, site: number, of: number, what: string, sides: Sides): Finding {
  const unitOf = (index: number) => screen.sites[index]?.unit ?? -1
  const [here, there] = [unitOf(site), unitOf(of)]
  const labels = [screen.units[here]?.label, screen.units[there]?.label]
  const [side, otherSide] = [sides.get(here), sides.get(there)]
  const faults: string[] = []
  if (labels[0] !== labels[1]) faults.push('their labels differ')
  if (side !== otherSide && side !== undefined && otherSide !== undefined) {
    faults.push(`one is in ${otherSide}, one in ${side}`)
  }
  return {
    check: 'duplicate',
    severity: faults.length > 0 ? 'error' : 'warning',
    where: screen.sites[site]?.id ?? '',
    what: [
      site === of ? `the same pixels twice: ${what}` : `as ${screen.sites[of]?.id}: ${what}`,
      ...faults,
    ].join('; '),
  }
}
