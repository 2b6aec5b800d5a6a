/** Where a value was written: `configs/train.yml:14:3`, or `--set training.epochs=5`. */
export interface Origin {
  readonly text: string
  /** The file; null for what was given on the command line or by a stage. */
  readonly file: string | null
}

/** A configuration value that remembers where each part of it was written. */
export type Located = LocatedMap | LocatedList | LocatedScalar

export interface LocatedMap {
  readonly kind: 'map'
  readonly origin: Origin
  readonly entries: ReadonlyMap<string, LocatedEntry>
}

export interface LocatedEntry {
  /** Of the key; the value has its own. */
  readonly origin: Origin
  readonly value: Located
}

export interface LocatedList {
  readonly kind: 'list'
  readonly origin: Origin
  readonly items: readonly Located[]
}

export interface LocatedScalar {
  readonly kind: 'scalar'
  readonly origin: Origin
  readonly value: string | number | boolean | bigint | null
}

/** A plain value as one that was written in one place. */
export function locate(value: unknown, origin: Origin): Located {
  if (Array.isArray(value)) {
    return { kind: 'list', origin, items: value.map((item) => locate(item, origin)) }
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, inner]) => [key, { origin, value: locate(inner, origin) }] as const,
    )
    return { kind: 'map', origin, entries: new Map(entries) }
  }
  const scalar =
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
      ? value
      : null
  return { kind: 'scalar', origin, value: scalar }
}

/** The plain value. A key whose value is null is left out: it takes back what was inherited. */
export function plain(located: Located): unknown {
  if (located.kind === 'scalar') return located.value
  if (located.kind === 'list') return located.items.map(plain)
  const kept = [...located.entries].filter(([, { value }]) => !isNull(value))
  return Object.fromEntries(kept.map(([key, { value }]) => [key, plain(value)]))
}

export function isNull(located: Located): boolean {
  return located.kind === 'scalar' && located.value === null
}

/** What lies at a path, or null. */
export function valueAt(located: Located, path: readonly PropertyKey[]): Located | null {
  let at: Located | undefined = located
  for (const step of path) {
    if (at?.kind === 'map') at = at.entries.get(String(step))?.value
    else if (at?.kind === 'list') at = at.items[Number(step)]
    else return null
  }
  return at ?? null
}

/** Where a key was written; without such a key, where the innermost value around it was. */
export function originOfKey(located: Located, path: readonly PropertyKey[], key: string): Origin {
  const parent = valueAt(located, path)
  const entry = parent?.kind === 'map' ? parent.entries.get(key) : undefined
  return entry?.origin ?? originOfValue(located, path)
}

/** Where a value was written; where it is missing, its key's or the innermost value around it. */
export function originOfValue(located: Located, path: readonly PropertyKey[]): Origin {
  for (let end = path.length; end > 0; end--) {
    const found = valueAt(located, path.slice(0, end))
    if (found !== null) return end === path.length ? found.origin : keyOrigin(located, path, end)
  }
  return located.origin
}

/** A map starts at its first key; the key that names it is the better place to point at. */
function keyOrigin(located: Located, path: readonly PropertyKey[], end: number): Origin {
  return originOfKey(located, path.slice(0, end - 1), String(path[end - 1]))
}
