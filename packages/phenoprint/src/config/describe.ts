import { alternatives, type SchemaNode } from './schema.js'

/** What a schema accepts, in words: `a whole number above 0`, `one of cpu, cuda`. */
export function describeSchema(node: SchemaNode): string {
  const options = alternatives(node)
  if (options.length > 1) return [...new Set(options.map(describeSchema))].join(' or ')
  const only = options[0] ?? node
  if (only.const !== undefined) return String(only.const)
  if (only.enum)
    return only.enum.length === 1 ? String(only.enum[0]) : `one of ${only.enum.join(', ')}`
  switch (only.type) {
    case 'integer':
      return `a whole number${range(only)}`
    case 'number':
      return `a number${range(only)}`
    case 'boolean':
      return 'true or false'
    case 'string':
      return 'text'
    case 'array':
      return describeList(only)
    case 'object':
      return describeMap(only)
    default:
      return 'anything'
  }
}

function range(node: SchemaNode): string {
  const { exclusiveMinimum } = node
  const minimum = bound(node.minimum)
  const maximum = bound(node.maximum)
  const most = maximum === undefined ? '' : `, ${maximum.toLocaleString('en')} at most`
  if (exclusiveMinimum !== undefined) return ` above ${exclusiveMinimum}${most}`
  if (minimum !== undefined && maximum !== undefined) return ` from ${minimum} to ${maximum}`
  if (minimum !== undefined) return ` of at least ${minimum}`
  return maximum === undefined ? '' : ` of at most ${maximum}`
}

/** Every whole number is bounded by what a double can hold exactly: not worth a word. */
function bound(value: number | undefined): number | undefined {
  return value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value
}

function describeList(node: SchemaNode): string {
  if (node.prefixItems) {
    const items = node.prefixItems.map((item) =>
      typeof item === 'object' ? describeSchema(item) : 'anything',
    )
    return `a list of ${items.length}: ${items.join(', ')}`
  }
  const item = node.items
  if (typeof item !== 'object' || Array.isArray(item)) return 'a list'
  const some = node.minItems === undefined ? '' : ` of at least ${node.minItems}`
  return `a list${some}, each ${describeSchema(item)}`
}

function describeMap(node: SchemaNode): string {
  const keys = Object.keys(node.properties ?? {})
  if (keys.length > 0)
    return `a map with ${keys.slice(0, 8).join(', ')}${keys.length > 8 ? ', …' : ''}`
  const value = node.additionalProperties
  return typeof value === 'object' ? `a map of names, each to ${describeSchema(value)}` : 'a map'
}

/** What was given, in words: `"many" (text)`, `a list of 3`. */
export function describeValue(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object' && value !== null) {
    const keys = Object.keys(value)
    return keys.length === 0 ? 'an empty map' : `a map with ${keys.slice(0, 6).join(', ')}`
  }
  if (typeof value === 'string') return `${JSON.stringify(value.slice(0, 60))} (text)`
  return String(value)
}
