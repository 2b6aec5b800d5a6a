/** How much a page shows over all its runs, so that it stays light. */
export interface PageLimits {
  /** Of what a page shows at most, 0 to 1. */
  readonly scale: number
  /** Plates that are drawn, and the bytes of their maps. */
  readonly plates: number
  readonly plateBytes: number
  /** Wells in a row. */
  readonly wells: number
  /** The longer side of a well's picture, in pixels. */
  readonly side: number
  /** Units in maps of embeddings. */
  readonly embedded: number
  /** Sheets of explain, and their bytes. */
  readonly sheets: number
  readonly sheetBytes: number
  /** Classes of a confusion plot, of each run. */
  readonly classes: number
}

/** No page is heavier, in bytes: it has to open at once, and to go through the post. */
export const mostBytes = 10e6

/** What a page shows at a scale: fewer plates, wells, sheets and units, and smaller pictures. */
export function limitsAt(scale: number): PageLimits {
  const share = (count: number) => Math.max(1, Math.floor(scale * count))
  return {
    scale,
    plates: share(12),
    plateBytes: scale * 2.5e6,
    wells: share(6),
    side: Math.max(24, Math.round(128 * Math.sqrt(scale))),
    embedded: share(2400),
    sheets: share(4),
    sheetBytes: scale * 2.5e6,
    classes: Math.max(5, Math.floor(40 * Math.sqrt(scale))),
  }
}

/** So many of some values, evenly from first to last. */
export function spread<Value>(values: readonly Value[], count: number): Value[] {
  const step = Math.max(1, values.length / count)
  return values.flatMap((_, i) => {
    const at = Math.floor(i * step)
    const value = values[at]
    return i < count && at < values.length && value !== undefined ? [value] : []
  })
}
