import { ConfigError } from '../errors.js'
import type { Screen, Unit } from './screen.js'

/** What is held out whole: an experiment, or a plate. */
export interface Group {
  readonly name: string
  readonly cellType: string
  /** Indices of its treated units. */
  readonly units: readonly number[]
}

/** The groups of a screen, by cell type and then name, both sorted by code unit. */
export type Groups = ReadonlyMap<string, readonly Group[]>

/**
 * Gathers treated units by what is held out whole, leaving out skipped experiments.
 *
 * Plates are called by their own name where that is unique in the screen, else `<experiment>/<plate>`.
 *
 * @throws {ConfigError} when an experiment to be held out whole has two cell types.
 */
export function groupUnits(
  screen: Screen,
  by: 'experiment' | 'plate',
  skipped: ReadonlySet<string>,
): Groups {
  const nameOf = groupNames(screen, by)
  const drafts = new Map<string, { cellType: string; units: number[] }>()
  screen.plates.forEach((plate, index) => {
    if (skipped.has(plate.experiment)) return
    const name = nameOf[index] ?? plate.id
    let draft = drafts.get(name)
    if (draft === undefined) {
      draft = { cellType: plate.cellType, units: [] }
      drafts.set(name, draft)
    }
    if (draft.cellType !== plate.cellType) {
      throw new ConfigError(
        `split.by: experiment: ${name} has plates of ${draft.cellType} and of ${plate.cellType}, expected one cell type an experiment, so that it can be held out whole. Split by plate, or name the experiments apart in the table (screen.columns.experiment: '{batch}-{cell}').`,
      )
    }
    for (const unit of plate.units) {
      if (screen.units[unit]?.role === 'treatment') draft.units.push(unit)
    }
  })
  const groups = new Map<string, Group[]>()
  for (const [name, { cellType, units }] of [...drafts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (units.length === 0) continue
    const members = groups.get(cellType) ?? []
    members.push({ name, cellType, units })
    groups.set(cellType, members)
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function groupNames(screen: Screen, by: 'experiment' | 'plate'): string[] {
  if (by === 'experiment') return screen.plates.map((plate) => plate.experiment)
  const unique = new Set(screen.plates.map((plate) => plate.plate)).size === screen.plates.length
  return screen.plates.map((plate) => (unique ? plate.plate : plate.id))
}

/** A unit that may be trained or validated on: labelled, and not of the screen's test part. */
export function isLearnable(unit: Unit | undefined): boolean {
  return unit !== undefined && unit.label !== null && unit.part === 'train'
}
