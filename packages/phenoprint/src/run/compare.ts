import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/config.js'
import type { RunVerb } from './verbs.js'

/** A key that differs between two configurations. */
export interface Difference {
  readonly key: string
  readonly was: unknown
  readonly is: unknown
}

/**
 * Keys that no result of these verbs depends on: where it lies, how often it is saved on the way, and
 * what only other verbs read.
 */
const neverMatter = [
  'output',
  'stages',
  'cluster',
  'simulation',
  'store.verify',
  'training.checkpointMinutes',
]

/**
 * Sections of later verbs, which a file may hold for them; and the screen, where it comes in through
 * the store, whose digest is compared.
 */
const later = [
  'prediction',
  'ensemble',
  'assignment',
  'submission',
  'explain',
  'evaluation',
  'choose',
  'embed',
  'pseudoLabels',
]

const except = (...own: readonly string[]) =>
  ['screen', 'fineTune', ...later].filter((section) => !own.includes(section))

const ofOthers: Readonly<Record<RunVerb, readonly string[]>> = {
  train: except(),
  'fine-tune': except('fineTune'),
  infer: except('prediction'),
  ensemble: except('ensemble'),
  assign: except('screen', 'assignment'),
  submit: except('screen', 'submission'),
  explain: except('explain'),
  evaluate: except('evaluation'),
  embed: except('embed'),
  'pseudo-label': except('screen', 'pseudoLabels', 'assignment'),
  choose: except('screen', 'choose', 'assignment', 'submission'),
}

/**
 * The keys in which two configurations differ as far as a verb's result may depend on them. The
 * number of threads counts: sums in another order differ in their last digits.
 */
export function differences(verb: RunVerb, was: Config, is: Config): Difference[] {
  const skipped = new Set([...neverMatter, ...ofOthers[verb]])
  return [...compare(was, is, '')].filter(({ key }) => {
    const parts = key.split('.')
    return !parts.some((_, end) => skipped.has(parts.slice(0, end + 1).join('.')))
  })
}

function* compare(was: unknown, is: unknown, key: string): Generator<Difference> {
  if (isDeepStrictEqual(was, is)) return
  if (!isMap(was) || !isMap(is)) {
    yield { key, was, is }
    return
  }
  for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
    yield* compare(was[name], is[name], key === '' ? name : `${key}.${name}`)
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
