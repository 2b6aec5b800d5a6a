import { ConfigError } from '../errors.js'

/** What a plate of known contents holds. */
export interface PlateContents {
  readonly experiment: string
  readonly plate: string
  /** Treatment classes on it, each once. */
  readonly classes: readonly number[]
}

/** Sets of treatment classes that share a plate; every class that was seen is in one of them. */
export interface PlateGroups {
  /** What each group is called: as written down, or A, B, C by its lowest class. */
  readonly names: readonly string[]
  /** `[group]`: its class indices, rising; groups by their lowest class. */
  readonly classes: readonly (readonly number[])[]
  /** `[class]`: index of its group, or -1. */
  readonly groupOf: Int32Array
}

/**
 * The finest division of classes into groups such that each plate holds classes of one group alone:
 * classes that ever share a plate are in one group. A screen whose plates mix everything has one.
 *
 * @param classes How many treatment classes there are.
 */
export function learnPlateGroups(plates: readonly PlateContents[], classes: number): PlateGroups {
  const parent = Int32Array.from({ length: classes }, (_, index) => index)
  const seen = new Uint8Array(classes)
  const root = (of: number): number => {
    let index = of
    while (parent[index] !== index) {
      parent[index] = parent[parent[index] ?? 0] ?? 0
      index = parent[index] ?? 0
    }
    return index
  }
  for (const plate of plates) {
    for (const index of plate.classes) {
      seen[index] = 1
      parent[root(index)] = root(plate.classes[0] ?? index)
    }
  }
  const members = new Map<number, number[]>()
  for (let index = 0; index < classes; index++) {
    if (seen[index] === 0) continue
    const key = root(index)
    members.set(key, [...(members.get(key) ?? []), index])
  }
  const found = [...members.values()]
  return groupsOf(
    found.map((group, index) => [letters(index), group]),
    classes,
  )
}

/**
 * Groups that were written down.
 *
 * @param named Class indices by the group's name.
 * @throws {ConfigError} for a class that is not there, or stands twice.
 */
export function namedPlateGroups(
  named: Readonly<Record<string, readonly number[]>>,
  classes: number,
): PlateGroups {
  const home = new Map<number, string>()
  for (const [name, members] of Object.entries(named)) {
    for (const index of members) {
      const before = home.get(index)
      if (index >= classes || before !== undefined) {
        throw new ConfigError(
          `assignment.groups.source.${name}: got class ${index}${before === undefined ? '' : `, which is in ${before} too`}; expected each of the classes 0 to ${classes - 1} in at most one group.`,
        )
      }
      home.set(index, name)
    }
  }
  return groupsOf(Object.entries(named), classes)
}

/**
 * The group that a plate's contents are of.
 *
 * @returns null when they are of none, or of several.
 */
export function groupOfPlate(groups: PlateGroups, plate: PlateContents): number | null {
  const found = new Set(plate.classes.map((index) => groups.groupOf[index] ?? -1))
  const [group = -1] = found
  return found.size === 1 && group >= 0 ? group : null
}

type NamedGroup = readonly [name: string, classes: readonly number[]]

function groupsOf(members: readonly NamedGroup[], classes: number): PlateGroups {
  const sorted = members
    .map(([name, group]): NamedGroup => [name, [...group].sort((a, b) => a - b)])
    .sort(([, [a = 0]], [, [b = 0]]) => a - b)
  const groupOf = new Int32Array(classes).fill(-1)
  sorted.forEach(([, group], index) => {
    for (const member of group) groupOf[member] = index
  })
  return {
    names: sorted.map(([name]) => name),
    classes: sorted.map(([, group]) => group),
    groupOf,
  }
}

/** A to Z, then AA, AB: as a spreadsheet names its columns. */
function letters(index: number): string {
  const last = String.fromCharCode(65 + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}
