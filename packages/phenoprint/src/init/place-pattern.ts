/** What a part of an image's path says. */
export type PlacePart =
  | 'part'
  | 'experiment'
  | 'plate'
  | 'well'
  | 'row'
  | 'column'
  | 'site'
  | 'channel'
  | 'plane'
  | 'time'
  /** It varies, and says nothing of the place. */
  | 'rest'

/** Where in a path a part stands: from, to (exclusive). */
export interface PlaceSpan {
  readonly part: PlacePart
  readonly from: number
  readonly to: number
}

/** A path as a naming reads it, spans in order; null for a file of another name. */
export type ReadPlace = (path: string) => readonly PlaceSpan[] | null

/** A known or inferred way of naming images. */
export interface Naming {
  readonly name: string
  readonly read: ReadPlace
  /** Names of channels, by what stands for them in the path, where something tells them. */
  readonly channelNames: ReadonlyMap<string, string>
}

/** The path with its parts in braces: `Plate{plate}/{well}_s{site}_w{channel}.png`. */
export function patternOf(path: string, spans: readonly PlaceSpan[]): string {
  let pattern = ''
  let at = 0
  for (const { part, from, to } of spans) {
    pattern += `${path.slice(at, from)}{${part}}`
    at = to
  }
  return pattern + path.slice(at)
}

/** The text of a part, or null where the path has none. */
export function textOf(path: string, spans: readonly PlaceSpan[], part: PlacePart): string | null {
  const span = spans.find((each) => each.part === part)
  return span === undefined ? null : path.slice(span.from, span.to)
}

/** A naming that is a regular expression with the flag `d`, whose groups are the parts. */
export function readBy(pattern: RegExp, parts: readonly PlacePart[]): ReadPlace {
  return (path) => {
    const groups = pattern.exec(path)?.indices?.groups
    if (groups === undefined) return null
    const spans = parts.flatMap((part): PlaceSpan[] => {
      const found = groups[part]
      return found === undefined ? [] : [{ part, from: found[0], to: found[1] }]
    })
    return spans.sort((a, b) => a.from - b.from)
  }
}

/** `2` and `3` as `B03`: the name of a well from the numbers of its row and column, from 1. */
export function wellName(row: number, column: number): string {
  const letter = (n: number): string =>
    (n > 26 ? letter(Math.floor((n - 1) / 26)) : '') + String.fromCharCode(65 + ((n - 1) % 26))
  return letter(row) + String(column).padStart(2, '0')
}

/** A well's name in one form, so that `b3` and `B03` are the same; null for other names. */
export function sameWell(name: string): string | null {
  const match = /^([A-Za-z]{1,2})[-_ ]?0*(\d{1,2})$/.exec(name)
  const [, row, column] = match ?? []
  return row === undefined || column === undefined ? null : `${row.toUpperCase()}${column}`
}
