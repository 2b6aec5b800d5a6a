import { z } from 'zod'
import { configSchema } from './config.js'

/** What a place in a configuration may hold, as JSON Schema. */
export type SchemaNode = z.core.JSONSchema.JSONSchema

/** The configuration as JSON Schema, with descriptions and defaults, as zod tells it. */
export const rootSchema: SchemaNode = z.toJSONSchema(configSchema, { io: 'input' })

/**
 * What may stand at a path: one schema for each alternative.
 *
 * @param value The whole configuration, where there is one: the reader that a screen names decides
 *   which of its alternatives counts.
 */
export function schemasAt(path: readonly PropertyKey[], value?: unknown): SchemaNode[] {
  const at = path.reduce(inside, value)
  return keySchemasAt(path, value).flatMap((node) => alternatives(node, at))
}

/** As {@link schemasAt}, with alternatives still together: here lie description and default. */
export function keySchemasAt(path: readonly PropertyKey[], value?: unknown): SchemaNode[] {
  const last = path.at(-1)
  if (last === undefined) return [rootSchema]
  return schemasAt(path.slice(0, -1), value).flatMap((node) => below(node, last))
}

/** Whether one of several kinds of value may stand at a path (and no key of it says which). */
export function isChoice(path: readonly string[]): boolean {
  return keySchemasAt(path).some((node) => node.anyOf !== undefined)
}

/** The keys that may stand in a map. */
export function keysOf(nodes: readonly SchemaNode[]): string[] {
  return [...new Set(nodes.flatMap((node) => Object.keys(node.properties ?? {})))]
}

/** Every key there is, by dotted path; `[]` stands for an item of a list, `<name>` for any name. */
export function allKeys(): { path: string; node: SchemaNode }[] {
  return [...walk(rootSchema, '')]
}

function* walk(node: SchemaNode, path: string): Generator<{ path: string; node: SchemaNode }> {
  for (const alternative of alternatives(node)) {
    for (const [key, inner] of Object.entries(alternative.properties ?? {})) {
      if (typeof inner === 'boolean') continue
      const keyPath = path === '' ? key : `${path}.${key}`
      yield { path: keyPath, node: inner }
      yield* walk(inner, keyPath)
    }
    if (isSchema(alternative.items)) yield* walk(alternative.items, `${path}[]`)
    if (isSchema(alternative.additionalProperties)) {
      yield* walk(alternative.additionalProperties, `${path}.<name>`)
    }
  }
}

/** The alternatives of a schema, without those that a named kind in the value rules out. */
export function alternatives(node: SchemaNode, value?: unknown): SchemaNode[] {
  const options = (node.anyOf ?? node.oneOf ?? []).filter(isSchema)
  if (options.length === 0) return [node]
  const fitting = options.filter((option) => kindFits(option, value))
  return (fitting.length > 0 ? fitting : options).flatMap((option) => alternatives(option, value))
}

function kindFits(option: SchemaNode, value: unknown): boolean {
  return Object.entries(option.properties ?? {}).every(([key, inner]) => {
    const given = inside(value, key)
    if (!isSchema(inner) || inner.const === undefined || given === undefined) return true
    return inner.const === given
  })
}

function below(node: SchemaNode, step: PropertyKey): SchemaNode[] {
  if (typeof step === 'number' || /^\d+$/.test(String(step))) {
    const item = node.prefixItems?.[Number(step)] ?? node.items
    if (isSchema(item)) return [item]
  }
  const found = node.properties?.[String(step)] ?? node.additionalProperties
  return isSchema(found) ? [found] : []
}

function isSchema(node: unknown): node is SchemaNode {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
}

function inside(value: unknown, step: PropertyKey): unknown {
  if (Array.isArray(value)) return value[Number(step)]
  if (typeof value !== 'object' || value === null) return undefined
  return Object.entries(value).find(([key]) => key === String(step))?.[1]
}
