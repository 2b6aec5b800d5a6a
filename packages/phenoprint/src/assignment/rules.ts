import type { Section } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Reporter } from '../run/reporter.js'
import {
  groupOfPlate,
  learnPlateGroups,
  namedPlateGroups,
  type PlateContents,
  type PlateGroups,
} from '../screen/plate-groups.js'
import type { Screen } from '../screen/screen.js'
import { count } from '../words.js'
import { knownDistances } from './known-distances.js'
import { groupOrders, learnPlateOrder } from './plate-orders.js'
import type { Rules } from './plates.js'
import { platesOfScreen, type TrainingPlates } from './training-plates.js'

/** Ids of units that nothing, or not all, is learned from. */
export interface Apart {
  /** Those that are to be called: no group is learned from their plates. */
  readonly called: ReadonlySet<string>
  /** Those that temperatures and bounds are set on: classes' centres are not learned from them. */
  readonly calibrated: ReadonlySet<string>
}

/**
 * What the plates of a screen have in common, from its training wells and the configuration.
 *
 * @throws {EarlierRunError} {PredictionError} as {@link knownDistances}.
 * @throws {ConfigError} when there is nothing to learn from, the training plates contradict the
 *   rules that were asked for, or named groups are not of this screen.
 */
export async function rulesOf(
  screen: Screen,
  section: Section<'assignment'>,
  { called, calibrated }: Apart,
  reporter: Reporter,
): Promise<Rules> {
  const known = platesOfScreen(screen, called)
  refuseRepeated(known, section)
  const groups = groupsFor(screen, section, known)
  const distances = await knownDistances(section, screen, new Set([...called, ...calibrated]))
  const rules = { section, classes: screen.classes, groups, placeOf: known.placeOf, distances }
  if (groups === null) return { ...rules, base: [] }
  const sizes = groups.classes.map((members) => members.length).join(', ')
  reporter.say(
    `assign: ${count(groups.classes.length, 'group')} of classes (${sizes})${section.groups.source === 'learn' ? `, learned from ${count(known.plates.length, 'training plate')}` : ''}`,
  )
  if (section.groups.order !== 'rotation') return { ...rules, base: [] }
  return { ...rules, base: baseOrder(known, groups, reporter) }
}

function refuseRepeated({ repeated }: TrainingPlates, { oneToOne }: Section<'assignment'>): void {
  if (repeated === null || oneToOne === 'none') return
  throw new ConfigError(
    `assignment.oneToOne: got ${oneToOne}, but training plate ${repeated.plate} has class ${repeated.label} more than once. Set assignment.oneToOne: none.`,
  )
}

function groupsFor(
  screen: Screen,
  { groups: { source } }: Section<'assignment'>,
  { plates }: TrainingPlates,
): PlateGroups | null {
  if (source === 'none') return null
  if (source !== 'learn') return namedPlateGroups(source, screen.classes)
  if (plates.length === 0) {
    throw new ConfigError(
      `assignment.groups.source: learn: the screen "${screen.name}" has no plate of known treatments besides those to be called. Name the groups, or set it to none.`,
    )
  }
  return learnPlateGroups(plates, screen.classes)
}

function baseOrder(
  known: TrainingPlates,
  groups: PlateGroups,
  reporter: Reporter,
): readonly number[] {
  const groupOf = (plate: PlateContents) => groupOfPlate(groups, plate) ?? -1
  const orders = groupOrders(known.plates, known.placeOf, groupOf)
  const order = learnPlateOrder(orders)
  const [other] = order?.others ?? []
  if (order === null || other !== undefined) {
    throw new ConfigError(
      `assignment.groups.order: rotation: ${order === null ? 'no training experiment has all its plates, each of one group' : `the groups over the plates of ${other} are in no rotation of the commonest order`}. Set it to permutation or independent.`,
    )
  }
  const names = order.base.map((group) => groups.names[group] ?? '').join(' ')
  reporter.say(
    `assign: groups over the plates of an experiment: ${names} in ${order.count} of ${count(orders.size, 'training experiment')}, the others turned`,
  )
  return order.base
}
