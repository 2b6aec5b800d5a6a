import { linearSumAssignment } from 'linear-sum-assignment'
import { describe, expect, it } from 'vitest'
import { AssignmentError, ShapeError } from '../errors.js'
import { type Matrix, matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { askPython } from '../testing/python.js'
import { linearAssignment } from './linear-assignment.js'

const forbidden = Number.POSITIVE_INFINITY

function random(
  rows: number,
  columns: number,
  value: (draw: ReturnType<typeof randomStream>) => number,
  seed = 1,
): Matrix {
  const draw = randomStream(seed, 'costs', rows, columns)
  return matrix(
    Float64Array.from({ length: rows * columns }, () => value(draw)),
    rows,
    columns,
  )
}

const tables = ({ data, rows, columns }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, r) => [...data.subarray(r * columns, (r + 1) * columns)])

/** The total, after seeing that every row has a column of its own. */
function total(cost: Matrix, assigned: Int32Array): number {
  expect(assigned).toHaveLength(cost.rows)
  expect(new Set(assigned).size).toBe(cost.rows)
  return assigned.reduce((sum, column, row) => {
    expect(column >= 0 && column < cost.columns).toBe(true)
    return sum + (cost.data[row * cost.columns + column] ?? Number.NaN)
  }, 0)
}

/** The least total of all assignments, tried one by one. */
function leastOfAll(cost: Matrix, row = 0, taken: ReadonlySet<number> = new Set()): number {
  if (row === cost.rows) return 0
  let least = forbidden
  for (let column = 0; column < cost.columns; column++) {
    if (taken.has(column)) continue
    const own = cost.data[row * cost.columns + column] ?? 0
    least = Math.min(least, own + leastOfAll(cost, row + 1, new Set([...taken, column])))
  }
  return least
}

/** Totals by scipy, null where it finds none. */
function scipyTotals(costs: readonly Matrix[]): unknown {
  const script = `
from scipy.optimize import linear_sum_assignment
out = []
for m in d:
    c = np.array([[np.inf if x is None else x for x in r] for r in m])
    try: i, j = linear_sum_assignment(c); out.append(float(c[i, j].sum()))
    except ValueError: out.append(None)
print(json.dumps(out))`
  return askPython(
    script,
    costs.map((cost) => tables(cost).map((row) => row.map((x) => (x === forbidden ? null : x)))),
  )
}

function totalOrNull(cost: Matrix): number | null {
  try {
    return total(cost, linearAssignment(cost))
  } catch (error) {
    if (error instanceof AssignmentError) return null
    throw error
  }
}

const kinds: Record<string, (draw: ReturnType<typeof randomStream>) => number> = {
  'numbers of any size': (draw) => 10 * draw.normal(),
  'many ties': (draw) => draw.integer(3),
  'nothing but ties': () => 7,
  'some places forbidden': (draw) => (draw.uniform() < 0.3 ? forbidden : draw.normal()),
  'most places forbidden': (draw) => (draw.uniform() < 0.7 ? forbidden : draw.integer(4)),
  'numbers of very different size': (draw) => 10 ** (16 * draw.uniform() - 8),
}

describe('the least total cost', () => {
  it.each(Object.entries(kinds))('equals brute force: %s', (_, value) => {
    let none = 0
    for (let rows = 1; rows <= 6; rows++) {
      for (let columns = rows; columns <= 7; columns++) {
        for (let seed = 0; seed < 4; seed++) {
          const cost = random(rows, columns, value, seed)
          const least = leastOfAll(cost)
          const got = totalOrNull(cost)
          if (least === forbidden) {
            expect(got).toBeNull()
            none++
          } else expect(got).toBeCloseTo(least, 6 - Math.ceil(Math.log10(Math.max(1, least))))
        }
      }
    }
    expect(none > 0).toBe(
      value === kinds['some places forbidden'] || value === kinds['most places forbidden'],
    )
  })

  it('equals that of scipy, on larger matrices', () => {
    const shapes = [
      [1, 1],
      [1, 40],
      [30, 30],
      [60, 61],
      [80, 277],
      [120, 120],
    ] as const
    const costs = Object.values(kinds).flatMap((value) =>
      shapes.map(([rows, columns]) => random(rows, columns, value)),
    )
    const expected = scipyTotals(costs)
    if (!Array.isArray(expected)) throw new Error('expected totals')
    expect(expected).toContain(null)
    costs.forEach((cost, i) => {
      const got = totalOrNull(cost)
      if (expected[i] === null) expect(got).toBeNull()
      else
        expect(Math.abs((got ?? Number.NaN) - expected[i])).toBeLessThanOrEqual(
          1e-10 * Math.abs(expected[i]),
        )
    })
  })

  it("equals that of mljs' linear-sum-assignment", () => {
    for (const name of ['numbers of any size', 'many ties', 'nothing but ties']) {
      for (const [rows, columns] of [
        [5, 5],
        [20, 20],
        [40, 40],
        [12, 30],
      ] as const) {
        const cost = random(rows, columns, kinds[name] ?? (() => 0))
        const { rowAssignments } = linearSumAssignment(tables(cost), { maximaze: false })
        const theirs = Int32Array.from(rowAssignments)
        expect(total(cost, linearAssignment(cost))).toBeCloseTo(total(cost, theirs), 8)
      }
    }
  })

  it('is found in matrices of single precision, and of no row', () => {
    const cost = matrix(Float32Array.of(1, 2, 0, 5), 2, 2)
    expect([...linearAssignment(cost)]).toEqual([1, 0])
    expect(linearAssignment(matrix(new Float64Array(), 0, 3))).toHaveLength(0)
  })

  it('leaves the matrix as it was', () => {
    const cost = random(9, 12, (draw) => draw.normal())
    const before = cost.data.slice()
    linearAssignment(cost)
    expect(cost.data).toEqual(before)
  })
})

describe('what cannot be assigned', () => {
  it('names rows that compete for too few columns', () => {
    const x = forbidden
    const cost = matrix(Float64Array.of(1, 2, 3, 4, x, 1, x, x, 2, 2, 2, 2, x, 5, x, x), 4, 4)
    expect(() => linearAssignment(cost)).toThrow(
      'linear assignment: no assignment avoids the forbidden places: rows 1, 3 may only have column 1.',
    )
    const none = matrix(Float64Array.of(x, x), 1, 2)
    expect(() => linearAssignment(none)).toThrow('row 0 may only have no column at all')
  })

  it('names competing rows whose columns are indeed too few', () => {
    const refused = Array.from({ length: 40 }, (_, seed) =>
      random(12, 14, (draw) => (draw.uniform() < 0.85 ? forbidden : draw.normal()), seed),
    ).flatMap((cost) => {
      try {
        linearAssignment(cost)
        return []
      } catch (error) {
        return error instanceof AssignmentError ? [{ cost, error }] : []
      }
    })
    expect(refused.length).toBeGreaterThan(10)
    for (const { cost, error } of refused) {
      const theirs = new Set<number>()
      for (const row of error.rows) {
        for (let column = 0; column < 14; column++) {
          if (cost.data[row * 14 + column] !== forbidden) theirs.add(column)
        }
      }
      expect([...theirs].sort((a, b) => a - b)).toEqual(error.columns)
      expect(error.rows.length).toBeGreaterThan(theirs.size)
    }
  })

  it('are more rows than columns, and what is no number', () => {
    expect(() => linearAssignment(matrix(new Float64Array(6), 3, 2))).toThrow(ShapeError)
    const nan = matrix(Float64Array.of(1, 2, Number.NaN, 3), 2, 2)
    expect(() => linearAssignment(nan)).toThrow('got NaN in row 1, column 0')
    const without = matrix(Float64Array.of(1, Number.NEGATIVE_INFINITY), 1, 2)
    expect(() => linearAssignment(without)).toThrow('got -Infinity in row 0, column 1')
  })
})
