import type { Section } from '../config/config.js'
import { didYouMean } from '../did-you-mean.js'
import { ConfigError } from '../errors.js'
import type { Plate, Screen, Unit } from '../screen/screen.js'

/** What is told of a site: the plate and the unit it belongs to. */
export interface SiteOrigin {
  readonly plate: Plate
  readonly unit: Unit
}

/**
 * How likely each site is drawn, relative to the others: the weights of the configuration and of
 * predicted labels, times what the sampler asks for.
 *
 * @param sites Indices into `screen.sites`.
 * @returns `[site]`
 * @throws {ConfigError} for a name that the screen does not have.
 */
export function sampleWeights(
  screen: Screen,
  sites: readonly number[],
  { sampler, balanceBy, weights }: Section<'batches'>,
): Float64Array {
  for (const kind of ['cellType', 'experiment'] as const) {
    refuseUnknown(screen, kind, Object.keys(weights[kind]))
  }
  const origins = sites.map((site) => originOf(screen, site))
  const stated = Float64Array.from(
    origins,
    ({ plate, unit }) =>
      (weights.cellType[plate.cellType] ?? 1) *
      (weights.experiment[plate.experiment] ?? 1) *
      (weights.role[unit.role] ?? 1) *
      (unit.pseudoWeight ?? 1),
  )
  if (sampler === 'shuffled') return stated
  const kindOf = ({ plate, unit }: SiteOrigin) =>
    balanceBy === 'class' ? String(unit.label) : plate[balanceBy]
  const sums = new Map<string, number>()
  origins.forEach((origin, i) => {
    const kind = kindOf(origin)
    sums.set(kind, (sums.get(kind) ?? 0) + (stated[i] ?? 0))
  })
  return stated.map((weight, i) => {
    const origin = origins[i]
    const sum = origin === undefined ? 0 : (sums.get(kindOf(origin)) ?? 0)
    return sum > 0 ? weight / sum : 0
  })
}

/** @throws {RangeError} when there is no such site. */
export function originOf(screen: Screen, site: number): SiteOrigin {
  const unit = screen.units[screen.sites[site]?.unit ?? -1]
  const plate = screen.plates[unit?.plate ?? -1]
  if (unit === undefined || plate === undefined) throw new RangeError(`no site ${site}`)
  return { plate, unit }
}

function refuseUnknown(
  screen: Screen,
  kind: 'cellType' | 'experiment',
  names: readonly string[],
): void {
  const known = [...new Set(screen.plates.map((plate) => plate[kind]))].sort()
  for (const name of names) {
    if (known.includes(name)) continue
    const shown = known.length > 20 ? [...known.slice(0, 20), '...'] : known
    throw new ConfigError(
      `batches.weights.${kind}: got "${name}", expected one of the ${known.length} of the screen: ${shown.join(', ')}.${didYouMean(name, known)}`,
    )
  }
}
