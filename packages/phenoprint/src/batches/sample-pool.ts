import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Screen } from '../screen/screen.js'
import { originOf, sampleWeights } from './sample-weights.js'

/** Sites that may stand in one batch together. */
export interface PoolGroup {
  /** Indices into the screen's sites, all different. */
  readonly sites: readonly number[]
  /** How likely each is drawn, above 0; null when each is drawn once. */
  readonly weights: Float64Array | null
  /** Samples that an epoch draws from it. */
  readonly draws: number
}

/** What an epoch draws from, the same in every epoch. */
export interface SamplePool {
  readonly groups: readonly PoolGroup[]
  /** Samples of an epoch. */
  readonly draws: number
}

/**
 * Groups the sites that are trained on as the configuration asks for, and shares out the samples of an
 * epoch: as many in all as there are sites, to each group by its weight.
 *
 * A group that would give a single sample gives two, for batch norm needs more than one.
 *
 * @param sites Indices into `screen.sites`, all different.
 * @throws {ConfigError} when the weights name what is not there, or leave nothing to draw from.
 */
export function samplePool(
  screen: Screen,
  sites: readonly number[],
  section: Section<'batches'>,
  batchSize: number,
): SamplePool {
  const weights = sampleWeights(screen, sites, section)
  const drafts = new Map<string, { sites: number[]; weights: number[]; sum: number }>()
  sites.forEach((site, i) => {
    const weight = weights[i] ?? 0
    if (weight === 0) return
    const { plate } = originOf(screen, site)
    const { batchFrom } = section
    const key = batchFrom === 'all' ? '' : batchFrom === 'plate' ? plate.id : `${plate[batchFrom]}`
    const draft = drafts.get(key) ?? { sites: [], weights: [], sum: 0 }
    drafts.set(key, draft)
    draft.sites.push(site)
    draft.weights.push(weight)
    draft.sum += weight
  })
  if (drafts.size === 0) {
    throw new ConfigError(
      `batches.weights: got weights that leave out all ${sites.length} sites to train on, expected one above 0 for some.`,
    )
  }
  const found = [...drafts.values()]
  const shares = shareOut(
    found.map(({ sum }) => sum),
    sites.length,
  )
  const groups = found.map((draft, i): PoolGroup => {
    const alone = shares[i] === 1 && batchSize > 1
    const draws = alone ? 2 : (shares[i] ?? 0)
    const first = draft.weights[0]
    const equal = draft.weights.every((weight) => weight === first)
    const once = equal && draws === draft.sites.length
    return { sites: draft.sites, weights: once ? null : Float64Array.from(draft.weights), draws }
  })
  return { groups, draws: groups.reduce((sum, { draws }) => sum + draws, 0) }
}

/** Whole shares in proportion to weights, by the largest remainder (Hamilton's method). */
function shareOut(weights: readonly number[], whole: number): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  // Sums of equal weights must not lose a unit to rounding.
  const exact = weights.map((weight) => {
    const share = (weight / total) * whole
    return Math.abs(share - Math.round(share)) < 1e-6 ? Math.round(share) : share
  })
  const shares = exact.map(Math.floor)
  const left = whole - shares.reduce((sum, share) => sum + share, 0)
  const byRemainder = exact
    .map((share, i) => ({ i, remainder: share - Math.floor(share) }))
    .sort((a, b) => b.remainder - a.remainder || a.i - b.i)
  for (const { i } of byRemainder.slice(0, left)) shares[i] = (shares[i] ?? 0) + 1
  return shares
}
