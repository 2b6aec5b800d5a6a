import type { Config } from '../config/config.js'
import { ConfigError } from '../errors.js'
import { cellTypesOfPlates } from '../models/cell-type-input.js'
import type { NetworkShape } from '../models/network.js'
import type { Screen } from '../screen/screen.js'
import type { Split } from '../screen/split.js'

/**
 * What a network takes and gives: two images' channels in pairs, and behind the classes of treatments
 * those of controls, where it learns them too.
 *
 * @throws {ConfigError} when controls shall be both classes and one half of the pairs.
 */
export function networkShape(screen: Screen, { batches, model }: Config): NetworkShape {
  const { controls, pairs } = batches
  if (controls !== false && pairs !== 'none') {
    throw new ConfigError(
      `batches: got controls: ${controls} and pairs: ${pairs}, expected one of them: controls are either further classes beside the treatments, or stand beside each treatment with classes of their own. Set batches.controls: false, or batches.pairs: none.`,
    )
  }
  const views = pairs === 'none' ? 1 : 2
  const withControls = controls !== false || pairs !== 'none'
  return {
    channels: views * screen.channels.length,
    classes: screen.classes + (withControls ? screen.controlClasses : 0),
    ...(model.cellTypeInput && { cellTypes: cellTypesOfPlates(screen) }),
  }
}

/**
 * What is trained on, sorted: the split's training units, controls as asked for, and units with
 * predicted labels.
 */
export function trainingUnits(
  screen: Screen,
  split: Split,
  config: Config,
  pseudo: readonly number[],
): number[] {
  return [...withControls(screen, split, config), ...pseudo].sort((a, b) => a - b)
}

/**
 * The split's training units, and with `batches.controls` the labelled controls
 * of their groups (experiments or plates), so none of a group that is held out; with `controls: all`
 * those of held-out groups too, for what a control well holds is known before it is imaged.
 */
export function withControls(screen: Screen, split: Split, config: Config): number[] {
  const { controls: wanted } = config.batches
  if (wanted === false) return [...split.train]
  const skipped = new Set(config.split.skipExperiments)
  const groupOf = (unit: number) => {
    const plate = screen.plates[screen.units[unit]?.plate ?? -1]
    return config.split.by === 'plate' ? plate?.id : plate?.experiment
  }
  const trained = new Set(split.train.map(groupOf))
  const isWanted = (unit: number) => {
    const plate = screen.plates[screen.units[unit]?.plate ?? -1]
    if (wanted === 'all') return plate !== undefined && !skipped.has(plate.experiment)
    return trained.has(groupOf(unit))
  }
  const controls = screen.units.flatMap(({ role, label }, unit) =>
    role !== 'treatment' && label !== null && isWanted(unit) ? [unit] : [],
  )
  return [...split.train, ...controls].sort((a, b) => a - b)
}
