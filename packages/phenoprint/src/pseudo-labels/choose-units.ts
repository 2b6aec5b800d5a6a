import type { Section } from '../config/config.js'

/** A unit that may be chosen. */
export interface Candidate {
  readonly unit: string
  readonly plate: string
  readonly cellType: string
  readonly label: number
  readonly confidence: number
  readonly agreement: number
}

/** What was chosen before, and of how many units. */
export interface Earlier {
  /** `plate` and `label` of units whose labels stay. */
  readonly kept: readonly Pick<Candidate, 'plate' | 'cellType' | 'label'>[]
  /** Units in all, by cell type. */
  readonly units: ReadonlyMap<string, number>
  /** The round that chooses, from 1. */
  readonly round: number
}

/**
 * The units that a rule takes: in each cell type the most confident first, down to the threshold or up
 * to the share, which earlier rounds count towards.
 *
 * `growingShare` takes `share + (lastShare - share) r / (rounds + 1)` in round r: with 0.4, 1 and 40
 * rounds that is 0.6 x + 0.4 with x = (epoch - 89) / 41 at epochs 90 to 129, the 1st-place solution of
 * RxRx1 (Sypetkowski 2019).
 *
 * @returns The chosen candidates, in their order of confidence within each cell type.
 */
export function chooseUnits(
  candidates: readonly Candidate[],
  earlier: Earlier,
  section: Section<'pseudoLabels'>,
): Candidate[] {
  const taken = new Set(earlier.kept.map(keyOf))
  const names = [...new Set(candidates.map(({ cellType }) => cellType))].sort()
  return names.flatMap((cellType) => {
    const limits = limitsOf(cellType, earlier, section)
    let room = limits.most - earlier.kept.filter((unit) => unit.cellType === cellType).length
    const chosen: Candidate[] = []
    for (const candidate of ordered(candidates, cellType)) {
      if (room <= 0 || candidate.confidence < limits.least) break
      if (candidate.agreement < section.agreement) continue
      if (section.oncePerPlate && taken.has(keyOf(candidate))) continue
      taken.add(keyOf(candidate))
      chosen.push(candidate)
      room--
    }
    return chosen
  })
}

/** Up to how many units of a cell type are to have labels after a round, and how confident they must be. */
export function limitsOf(
  cellType: string,
  { units, round }: Pick<Earlier, 'units' | 'round'>,
  { rule, rounds, byCellType, ...common }: Section<'pseudoLabels'>,
): { readonly most: number; readonly least: number } {
  const own = byCellType[cellType]
  const count = units.get(cellType) ?? 0
  if (rule === 'threshold') return { most: count, least: own?.threshold ?? common.threshold }
  const share = own?.share ?? common.share
  const last = own?.lastShare ?? common.lastShare
  const target = rule === 'share' ? share : share + ((last - share) * round) / (rounds + 1)
  return { most: Math.floor(target * count + 1e-9), least: Number.NEGATIVE_INFINITY }
}

function ordered(candidates: readonly Candidate[], cellType: string): Candidate[] {
  return candidates
    .filter((candidate) => candidate.cellType === cellType)
    .sort((a, b) => b.confidence - a.confidence || (a.unit < b.unit ? -1 : 1))
}

function keyOf({ plate, label }: Pick<Candidate, 'plate' | 'label'>): string {
  return JSON.stringify([plate, label])
}
