import { describe, expect, it } from 'vitest'
import type { Rules } from '../assignment/plates.js'
import type { PredictedSplit } from '../assignment/predicted-split.js'
import { assignment } from '../config/assignment.js'
import { matrix, row } from '../evaluation/matrix.js'
import { header } from '../prediction/predictions.test.support.js'
import { randomStream } from '../random.js'
import type { PseudoLabel } from '../screen/pseudo-labels.js'
import { callCandidates } from './call-candidates.js'

const wells = 4
const classes = 6

function rulesOf(oneToOne: 'none' | 'plate' | 'experiment'): Rules {
  const section = assignment.parse({ from: 'infer', groups: { source: 'none' }, oneToOne })
  return { section, classes, groups: null, base: [], placeOf: () => 0, distances: null }
}

/** Plates of four wells, each an experiment of its own; logits of three models and their mean. */
function predictions(seed: number, plates: number) {
  const stream = randomStream(9, 'logits', seed)
  const rows = Array.from({ length: plates * wells }, (_, i) => {
    const [plate, well] = [Math.floor(i / wells), `B0${i % wells}`]
    const experiment = `HUVEC-${plate}`
    const unit = `${experiment}/1/${well}`
    const where = { unit, code: unit, experiment, plate: '1', well, cellType: 'HUVEC' }
    return { ...where, role: 'treatment' as const, label: null }
  })
  const members = Array.from({ length: 3 }, () => {
    const data = Float32Array.from(
      { length: rows.length * classes },
      () => stream.integer(512) / 64,
    )
    return matrix(data, rows.length, classes)
  })
  const mean = Float32Array.from(
    members[0]?.data ?? [],
    (_, i) => members.reduce((sum, { data }) => sum + (data[i] ?? 0), 0) / 3,
  )
  const split: PredictedSplit = {
    name: 'test',
    rows,
    logits: matrix(mean, rows.length, classes),
    header: { ...header, classes },
  }
  return { split, members }
}

const labelled = (unit: string, label: number): [string, PseudoLabel] => [
  unit,
  { unit, label, confidence: 1, agreement: 1, round: 1 },
]

/** The best one-to-one calls of wells among open classes, by trying all. */
function bestCalls(scores: readonly ArrayLike<number>[], open: readonly number[]): number[] {
  const [first, ...rest] = scores
  if (first === undefined) return []
  const total = (calls: readonly number[]) =>
    calls.reduce((sum, label, i) => sum + (scores[i]?.[label] ?? 0), 0)
  return open
    .map((label) => [
      label,
      ...bestCalls(
        rest,
        open.filter((other) => other !== label),
      ),
    ])
    .reduce((best, calls) => (total(calls) > total(best) ? calls : best))
}

describe('calls of units without a label', () => {
  it('go one to one among the classes that earlier rounds left, as trying all finds', () => {
    for (let seed = 0; seed < 8; seed++) {
      const { split, members } = predictions(seed, 2)
      const kept = new Map([
        labelled('HUVEC-0/1/B01', 2),
        labelled('HUVEC-1/1/B03', seed % classes),
      ])
      const found = callCandidates(split, members, rulesOf('plate'), kept, 'margin')
      const expected = [0, 1].flatMap((plate) => {
        const own = split.rows.flatMap(({ unit, experiment }, i) =>
          experiment === `HUVEC-${plate}` && !kept.has(unit) ? [i] : [],
        )
        const used = plate === 0 ? 2 : seed % classes
        const open = Array.from({ length: classes }, (_, c) => c).filter((c) => c !== used)
        const scores = own.map((i) => row(split.logits, i))
        return bestCalls(scores, open).map((label, i) => {
          const values = open.map((c) => (c === label ? -Infinity : (scores[i]?.[c] ?? 0)))
          const margin = (scores[i]?.[label] ?? 0) - Math.max(...values)
          return { unit: split.rows[own[i] ?? 0]?.unit, label, margin }
        })
      })
      expect(found.map(({ unit, label }) => ({ unit, label }))).toEqual(
        expected.map(({ unit, label }) => ({ unit, label })),
      )
      found.forEach(({ confidence }, i) => {
        expect(confidence).toBeCloseTo(expected[i]?.margin ?? Number.NaN, 5)
      })
    }
  })

  it('are less sure where two wells want one class', () => {
    const { split, members } = predictions(4, 1)
    const data = new Float32Array(wells * classes)
    for (const well of [0, 1]) data[well * classes] = 6
    const alike = { ...split, logits: matrix(data, wells, classes) }
    const found = callCandidates(alike, members, rulesOf('plate'), new Map(), 'probability')
    const alone = callCandidates(alike, members, rulesOf('none'), new Map(), 'probability')
    expect(alone[0]?.confidence).toBeCloseTo(Math.exp(6) / (Math.exp(6) + classes - 1), 5)
    for (const { label, confidence } of found.slice(0, 2)) {
      if (label === 0) expect(confidence).toBeCloseTo(0.5, 1)
    }
    expect(found.filter(({ label }) => label === 0)).toHaveLength(1)
  })

  it('leave out plates whose wells all have a label', () => {
    const { split, members } = predictions(1, 2)
    const kept = new Map(split.rows.slice(0, wells).map(({ unit }, i) => labelled(unit, i)))
    for (const oneToOne of ['none', 'plate', 'experiment'] as const) {
      for (const confidence of ['probability', 'margin'] as const) {
        const found = callCandidates(split, members, rulesOf(oneToOne), kept, confidence)
        expect(found.map(({ unit }) => unit)).toEqual(
          split.rows.slice(wells).map(({ unit }) => unit),
        )
      }
    }
    const everyOne = new Map(split.rows.map(({ unit }, i) => labelled(unit, i % wells)))
    expect(callCandidates(split, members, rulesOf('plate'), everyOne, 'probability')).toEqual([])
  })

  it('count the models that call a unit alike', () => {
    const { split, members } = predictions(2, 2)
    const found = callCandidates(split, members, rulesOf('none'), new Map(), 'probability')
    found.forEach(({ label, agreement, confidence }, i) => {
      const bestOf = (values: ArrayLike<number>) => {
        const list = Array.from(values)
        return list.indexOf(Math.max(...list))
      }
      expect(label).toBe(bestOf(row(split.logits, i)))
      const alike = members.filter((logits) => bestOf(row(logits, i)) === label)
      expect(agreement).toBeCloseTo(alike.length / 3, 12)
      const terms = Array.from(row(split.logits, i), (value) => Math.exp(value))
      const sum = terms.reduce((total, term) => total + term, 0)
      expect(confidence).toBeCloseTo((terms[label] ?? 0) / sum, 5)
    })
    expect(new Set(found.map(({ agreement }) => agreement)).size).toBeGreaterThan(1)
  })
})
