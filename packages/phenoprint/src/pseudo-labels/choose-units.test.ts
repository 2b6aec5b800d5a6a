import { describe, expect, it } from 'vitest'
import { pseudoLabels } from '../config/pseudo-labels.js'
import { randomStream } from '../random.js'
import { type Candidate, chooseUnits, type Earlier, limitsOf } from './choose-units.js'

const sectionOf = (changes: object) => pseudoLabels.parse({ from: ['infer'], ...changes })

/** Ten units of each of two cell types, on two plates each, in four classes. */
function draw(seed: number): { candidates: Candidate[]; earlier: Earlier } {
  const stream = randomStream(5, 'candidates', seed)
  const cellTypes = ['HUVEC', 'U2OS']
  const candidates = cellTypes.flatMap((cellType) =>
    Array.from({ length: 10 }, (_, i) => ({
      unit: `${cellType}/${i}`,
      plate: `${cellType}/${stream.integer(2)}`,
      cellType,
      label: stream.integer(4),
      confidence: stream.integer(1000) / 1000,
      agreement: stream.integer(3) / 2,
    })),
  )
  const kept = [
    { plate: 'HUVEC/0', cellType: 'HUVEC', label: 1 },
    { plate: 'U2OS/1', cellType: 'U2OS', label: 2 },
  ]
  const units = new Map(cellTypes.map((name) => [name, 11]))
  return { candidates, earlier: { kept, units, round: 1 + stream.integer(3) } }
}

const keyOf = ({ plate, label }: { plate: string; label: number }) => `${plate} ${label}`

/** Of all subsets that keep the rules, the one whose confidences, sorted, come first as words do. */
function bruteForce(
  candidates: readonly Candidate[],
  { kept }: Earlier,
  most: number,
  allowed: (candidate: Candidate) => boolean,
  oncePerPlate: boolean,
): number[] {
  const room = most - kept.filter(({ cellType }) => cellType === candidates[0]?.cellType).length
  const used = kept.map(keyOf)
  let best: number[] = []
  for (let subset = 0; subset < 1 << candidates.length; subset++) {
    const members = candidates.filter((_, i) => (subset >> i) & 1)
    if (members.length > Math.max(0, room) || !members.every(allowed)) continue
    const keys = [...used, ...members.map(keyOf)]
    if (oncePerPlate && new Set(keys).size < keys.length) continue
    const sorted = members.map(({ confidence }) => confidence).sort((a, b) => b - a)
    const differs = sorted.findIndex((value, i) => value !== best[i])
    if (differs >= 0 && (sorted[differs] ?? 0) > (best[differs] ?? Number.NEGATIVE_INFINITY)) {
      best = sorted
    }
  }
  return best
}

describe('the units that a rule takes', () => {
  it.each([
    [{ rule: 'threshold', threshold: 0.4 }, () => 11, 0.4],
    [{ rule: 'threshold', threshold: 0.2, agreement: 1 }, () => 11, 0.2],
    [{ rule: 'share', share: 0.35 }, () => 3, Number.NEGATIVE_INFINITY],
    [
      { rule: 'share', share: 0.8, oncePerPlate: false, agreement: 0.5 },
      () => 8,
      Number.NEGATIVE_INFINITY,
    ],
    [
      { rule: 'growingShare', share: 0.2, lastShare: 0.8, rounds: 3 },
      (round: number) => [3, 5, 7][round - 1] ?? 0,
      Number.NEGATIVE_INFINITY,
    ],
  ])('%j are those of the best subset, found by trying all', (changes, mostIn, least) => {
    const section = sectionOf(changes)
    for (let seed = 0; seed < 12; seed++) {
      const { candidates, earlier } = draw(seed)
      const chosen = chooseUnits(candidates, earlier, section)
      for (const cellType of ['HUVEC', 'U2OS']) {
        const expected = bruteForce(
          candidates.filter((candidate) => candidate.cellType === cellType),
          earlier,
          mostIn(earlier.round),
          ({ confidence, agreement }) => confidence >= least && agreement >= section.agreement,
          section.oncePerPlate,
        )
        const own = chosen.filter((candidate) => candidate.cellType === cellType)
        expect(
          own.map(({ confidence }) => confidence),
          `draw ${seed}, ${cellType}`,
        ).toEqual(expected)
      }
    }
  })

  it('does not depend on the order in which they come', () => {
    const { candidates, earlier } = draw(3)
    const alike = candidates.map((candidate) => ({ ...candidate, confidence: 0.5 }))
    const section = sectionOf({ rule: 'share', share: 0.5 })
    expect(chooseUnits([...alike].reverse(), earlier, section)).toEqual(
      chooseUnits(alike, earlier, section),
    )
  })

  it('grow as those of the 1st-place solution of RxRx1: 0.6 x + 0.4, x = (epoch - 89) / 41', () => {
    const section = sectionOf({ rule: 'growingShare', share: 0.4, lastShare: 1, rounds: 40 })
    const units = new Map([['RPE', 1000]])
    for (let epoch = 90; epoch <= 129; epoch++) {
      const { most } = limitsOf('RPE', { units, round: epoch - 89 }, section)
      expect(most).toBe(Math.floor((0.6 * ((epoch - 89) / 41) + 0.4) * 1000))
    }
  })

  it('keep the limits of their own cell type', () => {
    const units = new Map([
      ['RPE', 10],
      ['U2OS', 10],
    ])
    const section = sectionOf({ threshold: 0.9, byCellType: { U2OS: { threshold: 0.5 } } })
    expect(limitsOf('RPE', { units, round: 1 }, section)).toEqual({ most: 10, least: 0.9 })
    expect(limitsOf('U2OS', { units, round: 1 }, section)).toEqual({ most: 10, least: 0.5 })
  })
})
