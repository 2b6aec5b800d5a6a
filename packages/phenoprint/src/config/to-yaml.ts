import { stringify } from 'yaml'
import type { Config } from './config.js'

/** A configuration as a file that {@link loadConfig} reads back to the same values. */
export function configToYaml(config: Config): string {
  return stringify(escapeVariables(config), { lineWidth: 100 })
}

/** `${` is written `$${`, so that it is not taken for an environment variable. */
function escapeVariables(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('${', () => '$${')
  if (Array.isArray(value)) return value.map(escapeVariables)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, escapeVariables(v)]))
}
