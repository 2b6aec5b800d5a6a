import type { Section } from '../config/config.js'
import { didYouMean } from '../did-you-mean.js'
import { ConfigError } from '../errors.js'
import { type Group, type Groups, groupUnits, isLearnable } from './groups.js'
import { type Draw, drawHeldOut, nameHeldOut, shortened } from './held-out.js'
import type { Screen } from './screen.js'

/**
 * Unit indices, sorted; no unit in two lists. Only labelled treatments train and validate; test
 * units may be without a label. Controls are in none.
 */
export interface Split {
  readonly train: number[]
  readonly validation: number[]
  readonly test: number[]
}

/**
 * Divides a screen by whole experiments or plates, within each cell type.
 *
 * A draw takes the group names of a cell type, sorted (with a seed: then shuffled), and holds out
 * those whose index mod `folds` is `fold`. Test and validation drawn with the same `folds` and `seed`
 * are folds of one division; otherwise validation is drawn from the groups that test leaves. With
 * `test: screen` the screen's own test part is the test set.
 *
 * @throws {ConfigError} for a name that is not there, the same group on both sides, an empty
 * validation or test set, or a cell type with nothing left to train on.
 */
export function splitScreen(screen: Screen, section: Section<'split'>): Split {
  const all = groupUnits(screen, section.by, skippedExperiments(screen, section))
  const learnable = keepUnits(all, (unit) => isLearnable(screen.units[unit]))
  if (learnable.size === 0) {
    throw new ConfigError(
      `split: the screen "${screen.name}" has no labelled treatment outside its test part${section.skipExperiments.length > 0 ? ' and split.skipExperiments' : ''}, so there is nothing to train on. Check screen.columns.label, or the tables.`,
    )
  }

  const { test, validation } = section
  const testNames = namesOf(heldOutForTest(all, learnable, section))
  const left = keepGroups(learnable, (group) => !testNames.has(group.name))
  let heldOut = new Set<Group>()
  if (isDrawn(validation)) {
    const oneDivision =
      isDrawn(test) && test.folds === validation.folds && test.seed === validation.seed
    heldOut = drawHeldOut(oneDivision ? learnable : left, validation, 'validation')
  } else if (validation !== 'none') {
    heldOut = nameHeldOut(learnable, validation, section.by, 'validation')
  }
  const shared = [...heldOut].find((group) => testNames.has(group.name))
  if (shared !== undefined) throw onBothSides(shared, section, learnable)

  const validationNames = namesOf(heldOut)
  const train = keepGroups(left, (group) => !validationNames.has(group.name))
  for (const [cellType, groups] of learnable) {
    if (train.has(cellType)) continue
    throw new ConfigError(
      `split: every ${section.by} of cell type ${cellType} is held out (${listed(groups)}), expected at least one to train on. Hold out fewer${section.by === 'experiment' ? ', split by plate' : ''}, or name what is held out and leave this cell type out.`,
    )
  }
  const split = {
    train: unitsOf(train),
    validation: [...heldOut].flatMap((group) => group.units).sort((a, b) => a - b),
    test:
      test === 'screen'
        ? unitsOf(keepUnits(all, (unit) => screen.units[unit]?.part === 'test'))
        : unitsOf(keepGroups(all, (group) => testNames.has(group.name))),
  }
  if (validation !== 'none' && split.validation.length === 0) throw empty('validation', section)
  if (test !== 'screen' && split.test.length === 0) throw empty('test', section)
  return split
}

function heldOutForTest(all: Groups, learnable: Groups, section: Section<'split'>): Set<Group> {
  const { test, by } = section
  if (test === 'screen') return new Set()
  return isDrawn(test) ? drawHeldOut(learnable, test, 'test') : nameHeldOut(all, test, by, 'test')
}

function isDrawn(choice: Section<'split'>['test' | 'validation']): choice is Draw {
  return typeof choice === 'object' && typeof choice.folds === 'number'
}

function skippedExperiments(screen: Screen, section: Section<'split'>): Set<string> {
  const known = [...new Set(screen.plates.map((plate) => plate.experiment))]
  for (const name of section.skipExperiments) {
    if (known.includes(name)) continue
    throw new ConfigError(
      `split.skipExperiments: got "${name}", expected one of the ${known.length} experiments of the screen: ${shortened(known).join(', ')}.${didYouMean(name, known)}`,
    )
  }
  return new Set(section.skipExperiments)
}

function onBothSides(group: Group, section: Section<'split'>, learnable: Groups): ConfigError {
  const { test, validation } = section
  if (isDrawn(test) && isDrawn(validation) && test.fold === validation.fold) {
    return new ConfigError(
      `split: test and validation are both fold ${test.fold} of ${test.folds}, expected different folds. Change split.validation.fold.`,
    )
  }
  const there = learnable.get(group.cellType) ?? []
  return new ConfigError(
    `split: ${section.by} ${group.name} is held out both for test and for validation, expected one of the two (${group.cellType} has ${there.length}: ${listed(there)}). Name another, or use no more folds than there are.`,
  )
}

function empty(key: 'validation' | 'test', section: Section<'split'>): ConfigError {
  return new ConfigError(
    `split.${key}: got ${JSON.stringify(section[key])}, which holds out no unit${key === 'validation' ? ' with a label' : ''}. Name at least one ${section.by}, or write split.${key}: ${key === 'validation' ? 'none' : 'screen'}.`,
  )
}

function keepGroups(groups: Groups, keep: (group: Group) => boolean): Groups {
  const kept = [...groups].map(([type, members]) => [type, members.filter(keep)] as const)
  return new Map(kept.filter(([, members]) => members.length > 0))
}

function keepUnits(groups: Groups, keep: (unit: number) => boolean): Groups {
  const kept = [...groups].map(
    ([type, members]) =>
      [type, members.map((group) => ({ ...group, units: group.units.filter(keep) }))] as const,
  )
  return keepGroups(new Map(kept), (group) => group.units.length > 0)
}

function namesOf(groups: Iterable<Group>): Set<string> {
  return new Set(Array.from(groups, (group) => group.name))
}

function unitsOf(groups: Groups): number[] {
  return [...groups.values()]
    .flatMap((members) => members.flatMap((group) => group.units))
    .sort((a, b) => a - b)
}

function listed(groups: readonly Group[]): string {
  return shortened(groups.map((group) => group.name)).join(', ')
}
