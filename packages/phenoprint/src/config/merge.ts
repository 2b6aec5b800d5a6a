import type { Located, LocatedEntry, LocatedMap } from './located.js'
import { isChoice } from './schema.js'

/**
 * What a file says over what it extends: maps merge key by key at every level, lists and single
 * values replace. A value that may be of several kinds, such as `split.validation`, is one thing
 * and replaces whole.
 */
export function merge(below: Located, above: Located, path: readonly string[] = []): Located {
  if (below.kind !== 'map' || above.kind !== 'map' || isChoice(path)) return above
  const entries = new Map(below.entries)
  for (const [key, entry] of above.entries) {
    entries.set(key, mergeEntry(entries.get(key), entry, [...path, key]))
  }
  return { kind: 'map', origin: above.origin, entries }
}

function mergeEntry(
  below: LocatedEntry | undefined,
  above: LocatedEntry,
  path: readonly string[],
): LocatedEntry {
  return below ? { origin: above.origin, value: merge(below.value, above.value, path) } : above
}

/**
 * Changes what lies at a path: `training.epochs`, `screen.channels.0.name`. Maps that are not there
 * are made.
 */
export function setAt(
  root: Located,
  path: readonly string[],
  value: Located,
  above: readonly string[] = [],
): Located {
  const [key, ...rest] = path
  if (key === undefined) return merge(root, value, above)
  const inner = (found: Located | undefined) =>
    rest.length === 0 && found === undefined
      ? value
      : setAt(found ?? empty(value), rest, value, [...above, key])
  if (root.kind === 'list') {
    const index = Number(key)
    if (root.items[index] !== undefined) {
      return { ...root, items: root.items.map((item, i) => (i === index ? inner(item) : item)) }
    }
  }
  const entries = new Map(root.kind === 'map' ? root.entries : [])
  entries.set(key, { origin: value.origin, value: inner(entries.get(key)?.value) })
  return { kind: 'map', origin: root.kind === 'map' ? root.origin : value.origin, entries }
}

function empty(like: Located): LocatedMap {
  return { kind: 'map', origin: like.origin, entries: new Map() }
}
