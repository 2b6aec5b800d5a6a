import type { Matrix } from '../evaluation/matrix.js'
import {
  type QueryPrecision,
  queryPrecision,
  similaritiesTo,
  unitRows,
} from './average-precision.js'

/** What must be known of a profile. */
export interface Profile {
  readonly cellType: string
  readonly experiment: string
  /** null where it is not known. */
  readonly label: number | null
  readonly role: 'treatment' | 'negativeControl' | 'positiveControl'
}

/**
 * What replicates are told from. `activity`: from negative controls, so a treatment scores that does
 * something. `consistency`: from other treatments, so one scores that does something of its own.
 */
export type Question = 'activity' | 'consistency'

/** The replicates of one treatment in one cell type. */
export interface TreatmentPrecision {
  readonly cellType: string
  readonly label: number
  /** Replicates that have a positive and a negative. */
  readonly replicates: number
  readonly meanAveragePrecision: number
  readonly meanNormalised: number
}

/**
 * Average precision of every treated profile of known label, within its cell type. Its positives are
 * the replicates of its treatment in other experiments, so that the experiment cannot be what is
 * found again.
 *
 * @param embeddings `[profile, feature]`.
 * @param advance Called after each profile.
 * @returns `[profile]`, null for profiles that are no query.
 */
export function replicatePrecisions(
  embeddings: Matrix,
  profiles: readonly Profile[],
  question: Question,
  advance: () => void = () => {},
): (QueryPrecision | null)[] {
  const units = unitRows(embeddings)
  const treated = grouped(profiles, ({ role, label }) => role === 'treatment' && label !== null)
  const controls = grouped(profiles, ({ role }) => role === 'negativeControl')
  return profiles.map((own, query) => {
    const peers = treated.get(own.cellType) ?? []
    if (own.role !== 'treatment' || own.label === null) return null
    const positives = peers.filter(
      (i) => profiles[i]?.label === own.label && profiles[i]?.experiment !== own.experiment,
    )
    const negatives =
      question === 'activity'
        ? (controls.get(own.cellType) ?? [])
        : peers.filter((i) => profiles[i]?.label !== own.label)
    const similarities = similaritiesTo(units, query, [...positives, ...negatives])
    advance()
    return queryPrecision(similarities, positives, negatives)
  })
}

/** Means over the replicates of each treatment, by cell type and label. */
export function treatmentPrecisions(
  profiles: readonly Profile[],
  precisions: readonly (QueryPrecision | null)[],
): TreatmentPrecision[] {
  const treatments = new Map<string, { cellType: string; label: number; own: QueryPrecision[] }>()
  profiles.forEach(({ cellType, label }, i) => {
    const precision = precisions[i] ?? null
    if (label === null || precision === null || Number.isNaN(precision.averagePrecision)) return
    const key = JSON.stringify([cellType, label])
    const of = treatments.get(key) ?? { cellType, label, own: [] }
    of.own.push(precision)
    treatments.set(key, of)
  })
  return [...treatments.values()]
    .map(({ cellType, label, own }) => ({
      cellType,
      label,
      replicates: own.length,
      meanAveragePrecision: meanOf(own, ({ averagePrecision }) => averagePrecision),
      meanNormalised: meanOf(own, ({ normalised }) => normalised),
    }))
    .sort((a, b) =>
      a.cellType === b.cellType ? a.label - b.label : a.cellType < b.cellType ? -1 : 1,
    )
}

export function meanOf<T>(of: readonly T[], value: (one: T) => number): number {
  return of.reduce((sum, one) => sum + value(one), 0) / of.length
}

function grouped(
  profiles: readonly Profile[],
  keep: (profile: Profile) => boolean,
): Map<string, number[]> {
  const groups = new Map<string, number[]>()
  profiles.forEach((profile, i) => {
    if (!keep(profile)) return
    const group = groups.get(profile.cellType) ?? []
    group.push(i)
    groups.set(profile.cellType, group)
  })
  return groups
}
