import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { givesRanks } from '../evaluation/reductions.js'
import type { Reporter } from '../run/reporter.js'
import { count } from '../words.js'
import { comparableUnits } from './comparable-units.js'
import { type Member, MemberFiles, memberRuns, membersFor } from './members.js'
import { type SelectedMembers, type Selection, selectMembers } from './select-members.js'
import { keepTopClasses, type Prepare } from './top-classes.js'

/** The selection of a cell type, for `selection.json`. */
export interface CellTypeSelection extends SelectedMembers {
  readonly units: number
  readonly experiments: readonly string[]
  readonly leftOut: number
}

/** Rows as they come, or with only each member's best classes told apart (`topK`). */
export function preparation({ topK }: Section<'ensemble'>, members: MemberFiles): Prepare {
  if (topK === undefined) return (logits) => logits
  return (logits, run) => keepTopClasses(logits, topK, members.file(run).header.scores)
}

/**
 * The member list of each cell type after selection by `ensemble.select`.
 *
 * @param cellTypes Those of any split.
 * @throws {ConfigError} when members are to be compared by a loss of ranks.
 * @throws {PredictionError} as {@link comparableUnits}.
 */
export async function selectLists(
  section: Section<'ensemble'>,
  select: Selection,
  cellTypes: readonly string[],
  reporter: Reporter,
): Promise<{ lists: Record<string, Member[]>; selection: Record<string, CellTypeSelection> }> {
  refuseLossOfRanks(section, select)
  await using members = await MemberFiles.open(memberRuns(section), select.split, section.averaging)
  const ranked = [...members.files].find(([, { header }]) => header.scores === 'ranks')
  if (ranked !== undefined && select.by === 'loss') {
    throw new ConfigError(
      `ensemble.select.by: got loss, but ${ranked[0]} holds ranks (its reduce is ${ranked[1].header.reduce}), which have none; expected accuracy.`,
    )
  }
  const prepare = preparation(section, members)
  const lists: Record<string, Member[]> = {}
  const selection: Record<string, CellTypeSelection> = {}
  for (const cellType of cellTypes) {
    const list = membersFor(section, cellType)
    if (list.length === 0) continue
    reporter.signal.throwIfAborted()
    const found = await comparableUnits(members, list, cellType, prepare)
    const selected = selectMembers(found, list, select, section.reduce)
    const experiments = [...new Set(found.experiments)].sort()
    const units = found.labels.length
    reporter.say(
      `ensemble: ${cellType}: members compared on ${count(units, 'unit')} of ${count(experiments.length, 'experiment')} that none of them trained on${found.leftOut === 0 ? '' : `; ${count(found.leftOut, 'unit')} of only some members left out`}`,
    )
    for (const { run, weight, loss, accuracy } of selected.members) {
      const fate = weight === 0 ? 'left out' : `weight ${weight.toFixed(3)}`
      reporter.say(`  ${run}: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)}: ${fate}`)
    }
    selection[cellType] = { units, experiments, leftOut: found.leftOut, ...selected }
    lists[cellType] = selected.members
      .filter(({ weight }) => weight > 0)
      .map(({ run, weight }) => ({ run, weight }))
  }
  return { lists, selection }
}

function refuseLossOfRanks({ reduce }: Section<'ensemble'>, select: Selection): void {
  if (givesRanks(reduce) && select.by === 'loss') {
    throw new ConfigError(
      `ensemble.select.by: got loss with ensemble.reduce ${reduce}, expected accuracy: ranks have no loss.`,
    )
  }
}
