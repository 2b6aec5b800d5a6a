import type { PlateContents } from '../screen/plate-groups.js'

/** Names of the plates of each experiment. */
export type ExperimentPlates = ReadonlyMap<string, readonly string[]>

/** Where a plate stands in its experiment, counted from 0. */
export type PlaceOf = (experiment: string, plate: string) => number

/**
 * Places of plates by their names, numbers in them by size. Where experiments name their plates
 * alike, a name has the same place in each, so that a missing plate leaves a gap.
 */
export function platePlaces(experiments: ExperimentPlates): PlaceOf {
  const sorted = new Map([...experiments].map(([name, plates]) => [name, inOrder(plates)]))
  const all = inOrder([...sorted.values()].flat())
  const most = Math.max(0, ...[...sorted.values()].map((plates) => plates.length))
  const alike = all.length === most
  return (experiment, plate) => (alike ? all : (sorted.get(experiment) ?? [])).indexOf(plate)
}

function inOrder(names: readonly string[]): string[] {
  const byNumber = new Intl.Collator('en', { numeric: true })
  return [...new Set(names)].sort((a, b) => byNumber.compare(a, b))
}

/**
 * Groups by place of each experiment.
 *
 * @param groupOf Group of a plate, -1 for none; also said of places whose plate is not known.
 */
export function groupOrders(
  plates: readonly PlateContents[],
  placeOf: PlaceOf,
  groupOf: (plate: PlateContents) => number,
): ReadonlyMap<string, readonly number[]> {
  const places = plates.map(({ experiment, plate }) => placeOf(experiment, plate))
  const length = 1 + Math.max(-1, ...places)
  const orders = new Map<string, number[]>()
  plates.forEach((contents, i) => {
    const { experiment } = contents
    const order = orders.get(experiment) ?? new Array<number>(length).fill(-1)
    order[places[i] ?? 0] = groupOf(contents)
    orders.set(experiment, order)
  })
  return orders
}

/** In which order the groups lie over the plates of an experiment. */
export interface PlateOrder {
  /** `[place]`: group index; the commonest order, of equally common ones the first. */
  readonly base: readonly number[]
  /** Experiments in that order. */
  readonly count: number
  /** Experiments whose order is none of its rotations. */
  readonly others: readonly string[]
}

/**
 * The commonest order of groups over plates, and whether all others are rotations of it.
 *
 * @param known Groups by place of each experiment, -1 where a plate is missing or of no one group.
 * @returns null when no experiment is whole.
 */
export function learnPlateOrder(known: ReadonlyMap<string, readonly number[]>): PlateOrder | null {
  const places = Math.max(0, ...[...known.values()].map((order) => order.length))
  const counts = new Map<string, { order: readonly number[]; count: number }>()
  for (const order of known.values()) {
    if (order.length < places || order.includes(-1)) continue
    const before = counts.get(order.join())
    counts.set(order.join(), { order, count: (before?.count ?? 0) + 1 })
  }
  const [commonest] = [...counts.values()].sort((a, b) => b.count - a.count)
  if (commonest === undefined) return null
  const { order: base, count } = commonest
  const others = [...known].filter(([, order]) => rotationOf(order, base) === null)
  return { base, count, others: others.map(([experiment]) => experiment) }
}

/**
 * By how many places an order is turned: place `p` holds what `p + rotation` holds in the base.
 *
 * @param order Groups by place; -1 fits any.
 * @returns null when no rotation gives it.
 */
export function rotationOf(order: readonly number[], base: readonly number[]): number | null {
  for (let rotation = 0; rotation < base.length; rotation++) {
    const turned = rotated(base, rotation)
    if (order.every((group, place) => group === -1 || group === turned[place])) return rotation
  }
  return null
}

/** The base turned by so many places. */
export function rotated(base: readonly number[], rotation: number): number[] {
  return base.map((_, place) => base[(place + rotation) % base.length] ?? -1)
}
