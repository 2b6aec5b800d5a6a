import { ConfigError } from '../errors.js'
import type { Config, Section } from './config.js'

/**
 * A section that a verb cannot do without.
 *
 * @throws {ConfigError} when the configuration lacks it.
 */
export function requireSection<K extends keyof Config>(
  config: Config,
  key: K,
  verb: string,
): Section<K> {
  const section = config[key]
  if (section === undefined || section === null) {
    throw new ConfigError(
      `${verb}: the configuration has no "${key}". Add it to the YAML file given with -y, or to the file it extends; docs/config.md shows every key.`,
    )
  }
  return section as Section<K>
}
