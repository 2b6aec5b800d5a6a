import type { Screen } from '../screen/screen.js'
import type { Finding } from './finding.js'
import { median, robustSpread } from './robust.js'

/** A site is told of when it lies this many robust standard deviations from its plate's median. */
const far = 6
/** Where all sites are alike, this counts as a standard deviation: so nothing within 1.8 times is told. */
const leastSpread = 0.1
/** Fewer sites do not say what is usual on a plate. */
const fewest = 8

/** What is known of each channel of each site, `[site * channels + channel]`; NaN is unknown. */
export interface SiteMeasures {
  readonly mean: Float64Array
  readonly variance: Float64Array
  readonly focus: Float64Array
}

/**
 * Sites unlike the others of their plate, channel by channel: much brighter or darker, of much more
 * or less contrast (outlier), or much less sharp (focus). On a logarithmic scale, by median and MAD.
 *
 * @param plateSites Sites of each plate that are to be compared.
 */
export function outliers(
  screen: Screen,
  plateSites: readonly (readonly number[])[],
  { mean, variance, focus }: SiteMeasures,
): Finding[] {
  const channels = screen.channels.length
  const looks = [
    { check: 'outlier', name: 'brightness', values: mean, sides: 2 },
    { check: 'outlier', name: 'contrast', values: variance, sides: 2 },
    { check: 'focus', name: 'sharpness', values: focus, sides: 1 },
  ] as const
  const reasons = new Map<number, { outlier: string[]; focus: string[] }>()
  for (const sites of plateSites) {
    for (const { check, name, values, sides } of looks) {
      for (const [c, channel] of screen.channels.entries()) {
        for (const { site, ratio } of unlike(sites, (site) => values[site * channels + c])) {
          if (sides === 1 && ratio > 1) continue
          const of = reasons.get(site) ?? { outlier: [], focus: [] }
          of[check].push(`${channel.name}: ${name} ${ratio.toPrecision(2)} times its plate's`)
          reasons.set(site, of)
        }
      }
    }
  }
  return [...reasons].flatMap(([site, found]) =>
    (['focus', 'outlier'] as const).flatMap((check): Finding[] => {
      const where = screen.sites[site]?.id ?? ''
      if (found[check].length === 0) return []
      return [{ check, severity: 'warning', where, what: found[check].join('; ') }]
    }),
  )
}

function unlike(
  sites: readonly number[],
  measureOf: (site: number) => number | undefined,
): { site: number; ratio: number }[] {
  const measured = sites.flatMap((site) => {
    const value = measureOf(site) ?? Number.NaN
    return value > 0 ? [{ site, log: Math.log(value) }] : []
  })
  if (measured.length < fewest) return []
  const logs = measured.map(({ log }) => log)
  const middle = median(logs)
  const spread = Math.max(robustSpread(logs), leastSpread)
  return measured
    .filter(({ log }) => Math.abs(log - middle) > far * spread)
    .map(({ site, log }) => ({ site, ratio: Math.exp(log - middle) }))
}
