import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.js'
import { ConfigError, EarlierRunError, RunDirectoryError } from '../errors.js'
import { writeJson } from '../run/files.js'
import { finishedRun } from '../run/finished-run.js'
import type { OpenRun } from '../run/followed-run.js'
import type { Reporter } from '../run/reporter.js'
import {
  type PseudoLabelOrigin,
  pseudoLabelOrigin,
  readPseudoLabelOrigin,
  readPseudoLabels,
  withPseudoLabels,
} from '../screen/pseudo-labels.js'
import type { Screen } from '../screen/screen.js'
import type { Split } from '../screen/split.js'
import { count } from '../words.js'

/** A screen with predicted labels, the units that have them, and where these come from. */
export interface TakenLabels {
  readonly screen: Screen
  /** Indices into the screen's units, sorted. */
  readonly units: readonly number[]
  readonly origin: PseudoLabelOrigin
}

/**
 * The predicted labels of `training.pseudoLabels`. A unit that trains with its own label keeps it.
 *
 * @returns null where none are asked for.
 * @throws {ConfigError} when the labels rest on a plate that validates here, or are of units that do:
 *   validation would judge by what training has seen.
 * @throws {EarlierRunError} when they are missing, changed, or of another screen.
 */
export async function takePseudoLabels(
  screen: Screen,
  split: Split,
  { training, split: { skipExperiments } }: Pick<Config, 'training' | 'split'>,
  reporter: Reporter,
): Promise<TakenLabels | null> {
  const section = training.pseudoLabels
  if (section === undefined) return null
  finishedRun(section.from, 'training.pseudoLabels.from', ['pseudo-label'])
  const { labels, origin } = await readPseudoLabels(section.from)
  const places = new Map(screen.units.map(({ id }, index) => [id, index]))
  const skipped = new Set(skipExperiments)
  const trains = new Set(split.train)
  const taken = new Map<number, number>()
  for (const { unit, label } of labels) {
    const index = places.get(unit)
    if (index === undefined || !(label >= 0 && label < screen.classes)) {
      throw new EarlierRunError(
        `training.pseudoLabels.from: ${section.from} has label ${label} for unit ${unit}, expected units of the screen "${screen.name}" and labels of its ${screen.classes} classes. Name labels of this screen.`,
      )
    }
    const experiment = screen.plates[screen.units[index]?.plate ?? -1]?.experiment ?? ''
    if (!trains.has(index) && !skipped.has(experiment)) taken.set(index, label)
  }
  refuseLeaks(screen, split, taken, origin, section.from)
  const own = labels.length - taken.size
  reporter.say(
    `pseudo-labels: ${count(taken.size, 'unit')} of ${section.from} (round ${origin.round}), weight ${section.weight}${own > 0 ? `; ${own} left out, which train with their own label or are skipped` : ''}`,
  )
  return {
    screen: withPseudoLabels(screen, taken, section.weight),
    units: [...taken.keys()].sort((a, b) => a - b),
    origin,
  }
}

function refuseLeaks(
  screen: Screen,
  { validation }: Split,
  taken: ReadonlyMap<number, number>,
  { learnedFrom }: PseudoLabelOrigin,
  from: string,
): void {
  const validating = validation.filter((unit) => taken.has(unit)).length
  if (validating > 0) {
    throw new ConfigError(
      `training.pseudoLabels: ${validating} of the units with labels in ${from} validate here, so their loss would say nothing about unseen ones. Choose from the test split (pseudoLabels.splits), or set split.validation: none.`,
    )
  }
  const seen = new Set(learnedFrom)
  const plates = new Set(
    validation.map((unit) => screen.plates[screen.units[unit]?.plate ?? -1]?.id),
  )
  const leaking = [...plates].filter((id) => id !== undefined && seen.has(id))
  if (leaking.length === 0) return
  throw new ConfigError(
    `training.pseudoLabels: the labels in ${from} were predicted by models that were trained on ${count(leaking.length, 'plate')} that validate here (${leaking.slice(0, 5).join(', ')}${leaking.length > 5 ? ', ...' : ''}), so validation labels would leak into training. Use the split of those models, or set split.validation: none.`,
  )
}

/**
 * Keeps in a run directory where its predicted labels come from.
 *
 * @throws {RunDirectoryError} when the run was begun with others.
 */
export function keepOrigin(run: OpenRun, { origin }: TakenLabels): void {
  const path = run.path(pseudoLabelOrigin)
  if (existsSync(path)) {
    if (isDeepStrictEqual(readPseudoLabelOrigin(path), origin)) return
    throw new RunDirectoryError(
      `run: ${run.folder} was begun with other predicted labels than those there are now. Choose another folder (--set output=…), or delete ${run.folder} to start over.`,
    )
  }
  writeJson(path, origin)
}
