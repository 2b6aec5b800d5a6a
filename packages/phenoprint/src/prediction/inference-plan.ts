import { isDeepStrictEqual } from 'node:util'
import type { Config, Section, SplitName } from '../config/config.js'
import { split as splitSchema } from '../config/sections.js'
import { itemsOf, type Shard } from '../run/shard.js'
import { isLearnable } from '../screen/groups.js'
import type { Screen } from '../screen/screen.js'
import { type Split, splitScreen } from '../screen/split.js'

/** Units of one plate, as indices into `Screen.units`. */
export interface PlateUnits {
  readonly cellType: string
  readonly units: readonly number[]
}

/** What is predicted under one name, plate by plate. */
export interface SplitPlan {
  readonly name: SplitName
  readonly plates: readonly PlateUnits[]
  /** Sites of all its units. */
  readonly sites: number
}

/**
 * Which division of the screen counts: the configuration's own, or the model's when the
 * configuration names none and the store is the one that the model was trained on.
 */
export function splitSection(config: Config, model: Config, sameStore: boolean): Section<'split'> {
  const named = !isDeepStrictEqual(config.split, splitSchema.parse(undefined))
  return named || !sameStore ? config.split : model.split
}

/**
 * The division of a screen for prediction. A screen without any label to learn from is all test: its
 * treatments are what is asked about.
 *
 * @throws {ConfigError} as `splitScreen`.
 */
export function splitForPrediction(screen: Screen, section: Section<'split'>): Split {
  if (screen.units.some(isLearnable)) return splitScreen(screen, section)
  const skipped = new Set(section.skipExperiments)
  const test = [...screen.units.keys()].filter((index) => {
    const unit = screen.units[index]
    const experiment = screen.plates[unit?.plate ?? -1]?.experiment ?? ''
    return unit?.role === 'treatment' && !skipped.has(experiment)
  })
  return { train: [], validation: [], test }
}

/** Units with at least one site, plate by plate in the screen's order. */
export function planSplits(screen: Screen, split: Split, names: readonly SplitName[]): SplitPlan[] {
  return names.map((name) => {
    const chosen = new Set(split[name])
    const plates = screen.plates.flatMap(({ cellType, units }) => {
      const own = units.filter((unit) => chosen.has(unit) && sitesOf(screen, unit) > 0)
      return own.length === 0 ? [] : [{ cellType, units: own }]
    })
    const sites = plates.flatMap(({ units }) => units).map((unit) => sitesOf(screen, unit))
    return { name, plates, sites: sites.reduce((sum, count) => sum + count, 0) }
  })
}

/** The plates of a split that fall to a shard; all of them without one. */
export function planShard(screen: Screen, plan: SplitPlan, shard: Shard | null): SplitPlan {
  const plates = itemsOf(plan.plates, shard)
  const units = plates.flatMap((plate) => plate.units)
  return { ...plan, plates, sites: units.reduce((sum, unit) => sum + sitesOf(screen, unit), 0) }
}

/** How many units of each cell type are asked for. */
export function unitsByCellType(plans: readonly SplitPlan[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { cellType, units } of plans.flatMap(({ plates }) => plates)) {
    counts.set(cellType, (counts.get(cellType) ?? 0) + units.length)
  }
  return counts
}

function sitesOf(screen: Screen, unit: number): number {
  return screen.units[unit]?.sites.length ?? 0
}
