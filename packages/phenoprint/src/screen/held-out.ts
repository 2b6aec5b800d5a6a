import { didYouMean } from '../did-you-mean.js'
import { ConfigError } from '../errors.js'
import { randomStream } from '../random.js'
import type { Group, Groups } from './groups.js'

/** One fold of a division of the groups of each cell type. */
export interface Draw {
  readonly folds: number
  readonly fold: number
  readonly seed?: number | undefined
}

/**
 * Groups drawn in each cell type: names sorted (with a seed: then shuffled), index mod `folds` =
 * `fold`. A cell type with fewer groups than folds is divided into as many folds as it has groups,
 * and the fold wraps round, so that every cell type is represented.
 *
 * @throws {ConfigError} when `fold` is not below `folds`.
 */
export function drawHeldOut(groups: Groups, draw: Draw, key: string): Set<Group> {
  if (draw.fold >= draw.folds) {
    throw new ConfigError(
      `split.${key}.fold: got ${draw.fold}, expected 0 to ${draw.folds - 1} (folds: ${draw.folds}; folds are counted from 0).`,
    )
  }
  const heldOut = new Set<Group>()
  for (const [cellType, members] of groups) {
    const folds = Math.min(draw.folds, members.length)
    for (const [index, group] of shuffled(members, cellType, draw.seed).entries()) {
      if (index % folds === draw.fold % folds) heldOut.add(group)
    }
  }
  return heldOut
}

function shuffled(
  members: readonly Group[],
  cellType: string,
  seed: number | undefined,
): readonly Group[] {
  if (seed === undefined) return members
  const order = randomStream(seed, `split/${cellType}`).permutation(members.length)
  return Array.from(order, (index) => members[index]).filter((group) => group !== undefined)
}

/**
 * Groups named by cell type; a cell type that is not named holds nothing out.
 *
 * @throws {ConfigError} for a cell type or group that is not there.
 */
export function nameHeldOut(
  groups: Groups,
  names: Readonly<Record<string, readonly string[]>>,
  by: string,
  key: string,
): Set<Group> {
  const heldOut = new Set<Group>()
  for (const [cellType, wanted] of Object.entries(names)) {
    const members = groups.get(cellType)
    if (members === undefined) {
      const known = [...groups.keys()]
      throw new ConfigError(
        `split.${key}: got cell type "${cellType}", expected one of ${known.join(', ')}.${didYouMean(cellType, known)}`,
      )
    }
    for (const name of wanted) {
      const group = members.find((member) => member.name === name)
      if (group === undefined) throw unknownGroup(groups, cellType, name, by, key)
      heldOut.add(group)
    }
  }
  return heldOut
}

function unknownGroup(
  groups: Groups,
  cellType: string,
  name: string,
  by: string,
  key: string,
): ConfigError {
  const there = (groups.get(cellType) ?? []).map((group) => group.name)
  const elsewhere = [...groups].find(([, members]) => members.some((group) => group.name === name))
  const hint =
    elsewhere === undefined ? didYouMean(name, there) : ` ${name} is of cell type ${elsewhere[0]}.`
  return new ConfigError(
    `split.${key}.${cellType}: got ${by} "${name}", expected one of the ${there.length} there (skipped ones left out): ${shortened(there).join(', ')}.${hint}`,
  )
}

/** The first names of many, for messages. */
export function shortened(names: readonly string[]): readonly string[] {
  return names.length > 20 ? [...names.slice(0, 20), '...'] : names
}
