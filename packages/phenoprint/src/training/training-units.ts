import type { Config } from '../config/config.js'
import type { Screen } from '../screen/screen.js'
import type { Split } from '../screen/split.js'

/** Classes of the network: the treatments, and with `batches.controls` the controls after them. */
export function classesOf(screen: Screen, { batches }: Config): number {
  return screen.classes + (batches.controls ? screen.controlClasses : 0)
}

/**
 * What is trained on: the split's training units, and with `batches.controls` the labelled controls
 * of their groups (experiments or plates), so none of a group that is held out.
 */
export function withControls(screen: Screen, split: Split, config: Config): number[] {
  if (!config.batches.controls) return [...split.train]
  const groupOf = (unit: number) => {
    const plate = screen.plates[screen.units[unit]?.plate ?? -1]
    return config.split.by === 'plate' ? plate?.id : plate?.experiment
  }
  const trained = new Set(split.train.map(groupOf))
  const controls = screen.units.flatMap(({ role, label }, unit) =>
    role !== 'treatment' && label !== null && trained.has(groupOf(unit)) ? [unit] : [],
  )
  return [...split.train, ...controls].sort((a, b) => a - b)
}
