import { PredictionError } from '../errors.js'
import type { Screen } from '../screen/screen.js'

/** What the columns of the logits mean. */
export interface ClassList {
  /** null where nothing but the network knows how many there are. */
  readonly count: number | null
  readonly names: readonly string[] | null
}

/**
 * The classes that a screen's units are called by: its own, or, where it names none (a screen without
 * labels), those of the screen that the model was trained on.
 *
 * @param trained The screen in the model's store; null when that store is not there any more.
 * @throws {PredictionError} when both name their classes, and differently.
 */
export function classList(screen: Screen, trained: Screen | null): ClassList {
  if (screen.classes === 0) {
    return { count: trained?.classes ?? null, names: trained?.classNames ?? null }
  }
  const names = screen.classNames
  const before = trained?.classNames ?? null
  const first = names?.findIndex((name, i) => before !== null && name !== before[i]) ?? -1
  if (names !== null && before !== null && first !== -1 && names.length === before.length) {
    throw new PredictionError(
      `infer: class ${first} is "${names[first]}" in the screen "${screen.name}", and "${before[first]}" in the screen that the model was trained on ("${trained?.name}"). The same classes in the same order are needed: name them in screen.classNames.`,
    )
  }
  return { count: screen.classes, names }
}
