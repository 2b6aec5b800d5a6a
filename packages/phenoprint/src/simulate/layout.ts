import type { Section } from '../config/config.js'
import { randomStream } from '../random.js'
import type { Role } from '../screen/screen.js'

/** A well of the synthetic screen and what it was given. */
export interface SimulatedWell {
  readonly cellType: string
  readonly experiment: string
  readonly plate: number
  readonly well: string
  /** Where it lies between the edges of the wells in use, -1 to 1. */
  readonly row: number
  readonly column: number
  readonly part: 'train' | 'test'
  readonly role: Role
  /** Class; positive controls follow the treatments, the negative control comes last. */
  readonly label: number
}

/**
 * Every well, by experiment, plate and well. Each plate of an experiment holds one group of
 * treatments, in random wells; over the plates the groups follow in an order that some experiments
 * rotate. What a plate holds depends on its name and the layout alone.
 */
export function simulatedWells(settings: Section<'simulation'>): SimulatedWell[] {
  const groups = treatmentGroups(settings)
  const names = Object.keys(settings.cellTypes).sort()
  return names.flatMap((cellType) => {
    const { train, test } = settings.cellTypes[cellType] ?? { train: 0, test: 0 }
    return Array.from({ length: train + test }, (_, index) => {
      const experiment = `${cellType}-${String(index + 1).padStart(2, '0')}`
      const part = index < train ? 'train' : 'test'
      const rotation = rotationOf(settings, experiment)
      return Array.from({ length: settings.layout.plates }, (_, plate) =>
        plateWells(settings, groups[(plate + rotation) % groups.length] ?? [], {
          cellType,
          experiment,
          plate: plate + 1,
          part,
        }),
      ).flat()
    }).flat()
  })
}

/** Treatments that share a plate: a random division into equal sets. */
function treatmentGroups({ seed, layout }: Section<'simulation'>): number[][] {
  const order = [...randomStream(seed, 'simulate/groups').permutation(layout.classes)]
  const size = layout.classes / layout.groups
  return Array.from({ length: layout.groups }, (_, group) =>
    order.slice(group * size, (group + 1) * size),
  )
}

function rotationOf({ seed, layout }: Section<'simulation'>, experiment: string): number {
  const stream = randomStream(seed, `simulate/rotation/${experiment}`)
  const rotated = stream.uniform() < layout.rotated
  return rotated && layout.groups > 1 ? 1 + stream.integer(layout.groups - 1) : 0
}

type PlateName = Pick<SimulatedWell, 'cellType' | 'experiment' | 'plate' | 'part'>

function plateWells(
  { seed, layout }: Section<'simulation'>,
  treatments: readonly number[],
  plate: PlateName,
): SimulatedWell[] {
  const { rows, columns, classes, controls } = layout
  const stream = randomStream(seed, `simulate/layout/${plate.experiment}/${plate.plate}`)
  const wells = rows * columns
  const controlWells = controls.negative + controls.positive
  const contents = new Map<number, Pick<SimulatedWell, 'role' | 'label'>>()
  const negative = { role: 'negativeControl', label: classes + controls.positive } as const

  // The first well is untreated; the other controls lie evenly over the plate, in changing order.
  contents.set(0, negative)
  const others = controlWells - 1
  const order = stream.permutation(others)
  for (let k = 0; k < others; k++) {
    const which = order[k] ?? 0
    const content =
      which < controls.positive
        ? ({ role: 'positiveControl', label: classes + which } as const)
        : negative
    contents.set(1 + Math.floor(((k + 0.5) * (wells - 1)) / others), content)
  }
  const free = Array.from({ length: wells }, (_, index) => index).filter((i) => !contents.has(i))
  const shuffled = stream.permutation(free.length)
  treatments.forEach((label, index) => {
    contents.set(free[shuffled[index] ?? 0] ?? 0, { role: 'treatment', label })
  })

  return [...contents]
    .sort(([a], [b]) => a - b)
    .map(([index, content]) => {
      const row = Math.floor(index / columns)
      const column = index % columns
      const name = `${String.fromCharCode(66 + row)}${String(column + 2).padStart(2, '0')}`
      return {
        ...plate,
        ...content,
        well: name,
        row: centred(row, rows),
        column: centred(column, columns),
      }
    })
}

/** An index of `count` as a place between -1 and 1. */
function centred(index: number, count: number): number {
  return count === 1 ? 0 : (2 * index) / (count - 1) - 1
}
