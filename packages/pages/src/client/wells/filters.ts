import type { Params } from '../address.js'
import type { CalledWell } from '../plates/called-wells.js'
import { inOrder } from '../words.js'

/** What wells are chosen by, each a parameter of the address. */
export const filterKeys = [
  'split',
  'experiment',
  'plate',
  'cellType',
  'label',
  'call',
  'outcome',
] as const
export type FilterKey = (typeof filterKeys)[number]

/** Columns by which wells are sorted. */
export const sortKeys = ['unit', ...filterKeys, 'probability'] as const
export type SortKey = (typeof sortKeys)[number]

/**
 * Wells that the address asks for, in its order: equal to each chosen value, with each word of the search in
 * them somewhere, sorted by a column, from below with a minus before it.
 */
export function chosenWells(wells: readonly CalledWell[], params: Params): readonly CalledWell[] {
  const searched = (params.search ?? '').toLowerCase().split(/\s+/).filter(Boolean)
  const chosen = filterKeys.flatMap((key) => {
    const value = params[key]
    return value === undefined ? [] : [[key, value] as const]
  })
  const found = wells.filter(
    (well) =>
      chosen.every(([key, value]) => well[key] === value) &&
      (searched.length === 0 || searched.every((word) => textOf(well).includes(word))),
  )
  const { key, down } = sortOf(params)
  if (key === null) return found
  const sign = down ? -1 : 1
  return found.sort((a, b) => sign * compare(a, b, key))
}

/** The column that the address sorts by; null for the order of the run. */
export function sortOf({ sort = '' }: Params): {
  readonly key: SortKey | null
  readonly down: boolean
} {
  const name = sort.replace(/^-/, '')
  return { key: sortKeys.find((key) => key === name) ?? null, down: sort.startsWith('-') }
}

/** The values of a column, each once. */
export function valuesOf(wells: readonly CalledWell[], key: FilterKey): string[] {
  return [...new Set(wells.map((well) => well[key]))].filter((value) => value !== '').sort(inOrder)
}

/** A well without a probability counts as less than any. */
function compare(a: CalledWell, b: CalledWell, key: SortKey): number {
  if (key === 'probability') return (a.probability ?? -1) - (b.probability ?? -1)
  return inOrder(a[key], b[key])
}

function textOf({ unit, well, call, label }: CalledWell): string {
  return `${unit} ${well} ${call} ${label}`.toLowerCase()
}
