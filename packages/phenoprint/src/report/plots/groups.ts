import { seriesColour } from './colours.js'

/** Groups are told apart by as many signs, and colours; what is rarer shares the last. */
export const signs = ['●', '✕', '▲', '■', '◆', '+'] as const

/** Groups told apart in a plot, for a legend beside it. */
export interface LegendEntry {
  readonly sign: string
  readonly colour: string
  readonly words: string
}

/** Names, the most frequent first. */
export function byFrequency(names: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].sort(([a, n], [b, m]) => m - n || a.localeCompare(b)).map(([name]) => name)
}

/** The place of a name among the signs. */
export function rank(names: readonly string[], name: string): number {
  return Math.min(names.indexOf(name), signs.length - 1)
}

/** The signs of names, those of {@link byFrequency}. */
export function legendOf(names: readonly string[]): readonly LegendEntry[] {
  return signs.slice(0, names.length).map((sign, i) => ({
    sign,
    colour: seriesColour(i),
    words: i === signs.length - 1 && names.length > signs.length ? 'others' : (names[i] ?? ''),
  }))
}
