import { ConfigError } from '../errors.js'
import { type Located, locate, type Origin } from './located.js'
import { readYaml } from './read-yaml.js'

/** A key by its path, and the value that it gets over all files. */
export interface Override {
  readonly path: readonly string[]
  readonly value: Located
}

/**
 * `--set training.epochs=5`: the value is read as YAML, so `[1, 2]`, `{folds: 5, fold: 0}` and
 * `true` are what they look like; null takes an inherited key back.
 *
 * @throws {ConfigError} when there is no key, no `=`, or the value is not YAML.
 */
export function parseOverride(text: string): Override {
  const origin: Origin = { text: `--set ${text}`, file: null }
  const equals = text.indexOf('=')
  const path = (equals < 0 ? text : text.slice(0, equals)).trim().split('.')
  if (equals < 0 || path.some((key) => key === '')) {
    throw new ConfigError(
      `config: ${origin.text}: expected KEY=VALUE, such as --set training.epochs=5`,
    )
  }
  return { path, value: readYaml(text.slice(equals + 1), () => origin) }
}

/** Keys by dotted path, as a stage of `phenoprint run` gives them. */
export function overridesOf(values: Readonly<Record<string, unknown>>, where: string): Override[] {
  return Object.entries(values).map(([key, value]) => ({
    path: key.split('.'),
    value: locate(value, { text: `${where}: ${key}`, file: null }),
  }))
}
