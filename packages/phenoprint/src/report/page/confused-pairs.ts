import type { ConfusionCell } from '../plots/confusion.js'
import type { CalledWell } from './called-wells.js'
import { groupBy } from './group-by.js'

/** Wells of one class that were called another. */
export interface ConfusedPair {
  readonly label: string
  readonly call: string
  readonly wells: readonly CalledWell[]
}

/** Pairs of a label and a wrong call, the most frequent first; of equal ones the surest wells first. */
export function confusedPairs(wells: readonly CalledWell[]): ConfusedPair[] {
  const wrong = wells.filter(({ outcome }) => outcome === 'wrong')
  const groups = groupBy(wrong, ({ label, call }) => JSON.stringify([label, call]))
  const pairs = [...groups.values()].flatMap((own) => {
    const [first] = own
    return first === undefined ? [] : [{ label: first.label, call: first.call, wells: own }]
  })
  const sureness = ({ wells: own }: ConfusedPair) =>
    own.reduce((sum, { probability }) => sum + (probability ?? 0), 0) / own.length
  return pairs.sort((a, b) => b.wells.length - a.wells.length || sureness(b) - sureness(a))
}

/** `12 HUVEC, 3 U2OS`. */
export function countCellTypes(wells: readonly CalledWell[]): string {
  const names = [...new Set(wells.map(({ cellType }) => cellType))].sort()
  return names
    .map((name) => `${wells.filter(({ cellType }) => cellType === name).length} ${name}`)
    .join(', ')
}

/** How often each label was called what, of the classes that are confused most. */
export function confusionCells(wells: readonly CalledWell[], classes: number): ConfusionCell[] {
  const errors = new Map<string, number>()
  for (const { label, call, outcome } of wells) {
    if (outcome === 'unknown') continue
    for (const name of [label, call]) {
      errors.set(name, (errors.get(name) ?? 0) + (outcome === 'wrong' ? 1 : 0))
    }
  }
  const ranked = [...errors].sort(([, a], [, b]) => b - a).slice(0, classes)
  const shown = new Set(ranked.map(([name]) => name))
  const cells = new Map<string, ConfusionCell>()
  for (const { label, call, outcome } of wells) {
    if (outcome === 'unknown' || !shown.has(label) || !shown.has(call)) continue
    const key = JSON.stringify([label, call])
    cells.set(key, { label, call, units: (cells.get(key)?.units ?? 0) + 1 })
  }
  return [...cells.values()]
}
