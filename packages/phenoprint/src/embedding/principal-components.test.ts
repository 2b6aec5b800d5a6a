import { describe, expect, it } from 'vitest'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { askPython } from '../testing/python.js'
import { principalComponents } from './principal-components.js'

/** Rows in a few directions of falling size, far from zero, and noise. */
function rows(count: number, features: number, noise: number) {
  const draw = randomStream(5, `rows ${count} ${features}`)
  const normals = (length: number) => Array.from({ length }, () => draw.normal())
  const directions = [5, 4, 1].map((size) => normals(features).map((value) => size * value))
  const data = Array.from({ length: count }, () => {
    const along = normals(directions.length)
    return Array.from({ length: features }, (_, f) =>
      directions.reduce(
        (sum, of, i) => sum + (along[i] ?? 0) * (of[f] ?? 0),
        100 + noise * draw.normal(),
      ),
    )
  })
  return matrix(Float64Array.from(data.flat()), count, features)
}

describe('principal components', () => {
  it.each([
    ['many rows', 300, 40, 1],
    ['more features than rows', 30, 200, 1],
    ['nothing but noise', 200, 30, 1e4],
    ['no more directions than rows', 3, 5, 0],
  ])('are those of numpy: %s', (_, count, features, noise) => {
    const of = rows(count, features, noise)
    const expected = askPython(
      `
x = np.array(d['data']).reshape(d['rows'], d['columns']); x = x - x.mean(0)
u, s, vt = np.linalg.svd(x, full_matrices=False)
z = (u * s)[:, :2]
z = z * np.sign(z[np.abs(z).argmax(0), range(2)])
print(json.dumps({'scores': z.ravel().tolist(), 'shares': (s**2 / (s**2).sum())[:2].tolist()}))`,
      { data: [...of.data], rows: count, columns: features },
    )
    const { scores, shares } = principalComponents(of, 2)
    const { scores: known, shares: knownShares } = numbersOf(expected)
    const largest = Math.max(...known.map(Math.abs))
    for (const [i, share] of knownShares.entries()) expect(shares[i]).toBeCloseTo(share, 10)
    for (const [i, value] of known.entries()) {
      expect(Math.abs((scores.data[i] ?? Number.NaN) - value) / largest).toBeLessThan(1e-5)
    }
  })

  it('of rows that are all alike, or of one feature, are zero where nothing varies', () => {
    const alike = principalComponents(matrix(new Float64Array(20).fill(3), 5, 4), 2)
    expect([...alike.scores.data].every((value) => value === 0)).toBe(true)
    expect(alike.shares).toEqual([0, 0])
    const single = principalComponents(matrix(Float64Array.of(1, 2, 6), 3, 1), 2)
    expect([...single.scores.data]).toEqual([-2, 0, -1, 0, 3, 0])
    expect(single.shares).toEqual([1, 0])
  })
})

function numbersOf(answer: unknown): { scores: number[]; shares: number[] } {
  const list = (key: string) => {
    const found: unknown = Object.entries(answer ?? {}).find(([name]) => name === key)?.[1]
    return Array.isArray(found) ? found.map(Number) : []
  }
  return { scores: list('scores'), shares: list('shares') }
}
