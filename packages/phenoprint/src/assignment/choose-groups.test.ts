import { describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.js'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { namedPlateGroups } from '../screen/plate-groups.js'
import { askNumbers } from '../testing/python.js'
import { chooseIndependently, choosePermutation, chooseRotation } from './choose-groups.js'
import { groupScores } from './group-scores.js'

/** `[plate][group]` */
function scoresOf(plates: number, groups: number, seed = 1): Float64Array[] {
  const draw = randomStream(seed, 'scores')
  return Array.from({ length: plates }, () =>
    Float64Array.from({ length: groups }, () => 2 * draw.normal()),
  )
}

/** Every arrangement with each group at most so often, and its total. */
function arrangements(scores: readonly Float64Array[], copies: number): [number[], number][] {
  const groups = scores[0]?.length ?? 0
  const extend = (order: number[], total: number): [number[], number][] => {
    if (order.length === scores.length) return [[order, total]]
    return Array.from({ length: groups }, (_, group) => group)
      .filter((group) => order.filter((other) => other === group).length < copies)
      .flatMap((group) => extend([...order, group], total + (scores[order.length]?.[group] ?? 0)))
  }
  return extend([], 0)
}

describe('groups of the plates of an experiment', () => {
  it('are each the best, when chosen independently', () => {
    const [choice] = chooseIndependently([
      Float64Array.of(Math.log(0.2), Math.log(0.7), Math.log(0.1)),
    ])
    expect(choice?.group).toBe(1)
    expect(choice?.confidence).toBeCloseTo(0.7, 12)
  })

  it.each([
    [4, 4],
    [3, 4],
    [2, 5],
    [6, 3],
    [5, 3],
    [1, 1],
  ])(
    'are the best arrangement of %i plates and %i groups, as trying all finds it',
    (plates, groups) => {
      for (let seed = 0; seed < 5; seed++) {
        const scores = scoresOf(plates, groups, seed)
        const all = arrangements(scores, Math.ceil(plates / groups))
        const [best] = [...all].sort(([, a], [, b]) => b - a)
        const sum = all.reduce((total, [, score]) => total + Math.exp(score), 0)
        const chosen = choosePermutation(scores)
        expect(chosen.map(({ group }) => group)).toEqual(best?.[0])
        for (const { confidence } of chosen) {
          expect(confidence).toBeCloseTo(Math.exp(best?.[1] ?? 0) / sum, 10)
        }
      }
    },
  )

  it('are the best rotation of a known order, also of some of its plates', () => {
    const scores = scoresOf(3, 4)
    const base = [1, 2, 3, 0]
    const places = [0, 1, 3]
    const totals = [0, 1, 2, 3].map((turn) =>
      places.reduce((sum, place, i) => sum + (scores[i]?.[base[(place + turn) % 4] ?? 0] ?? 0), 0),
    )
    const best = totals.indexOf(Math.max(...totals))
    const chosen = chooseRotation(scores, places, base)
    expect(chosen.map(({ group }) => group)).toEqual(
      places.map((place) => base[(place + best) % 4]),
    )
    const sum = totals.reduce((total, score) => total + Math.exp(score), 0)
    expect(chosen[0]?.confidence).toBeCloseTo(Math.exp(totals[best] ?? 0) / sum, 12)
  })

  it('counts orders that rotation repeats once', () => {
    const [choice] = chooseRotation(
      [Float64Array.of(0, 0), Float64Array.of(0, 0)],
      [0, 1],
      [0, 1, 0, 1],
    )
    expect(choice?.confidence).toBeCloseTo(0.5, 12)
  })

  it('are refused where there are too many arrangements to weigh', () => {
    expect(() => choosePermutation(scoresOf(21, 21))).toThrow(ConfigError)
  })
})

describe('scores of a plate', () => {
  const groups = namedPlateGroups({ a: [0, 2], b: [1, 3, 4], c: [6] }, 7)
  const draw = randomStream(3, 'wells')
  const logits = matrix(
    Float64Array.from({ length: 12 * 9 }, () => 3 * draw.normal()),
    12,
    9,
  )

  it('are log-likelihoods as numpy has them', () => {
    const script = `
z = np.array(d['z']).reshape(12, 9) / d['t']
m = np.stack([np.exp(z[:, g]).mean(axis=1) for g in ([0, 2], [1, 3, 4], [6])], axis=1)
p = m / m.sum(axis=1, keepdims=True)
print(json.dumps(np.log(0.99 * p + 0.01 / 3).sum(axis=0).tolist()))`
    const expected = askNumbers(script, { z: [...logits.data], t: 1.7 })
    groupScores(logits, groups, 'likelihood', 1.7).forEach((score, group) => {
      expect(score).toBeCloseTo(expected[group] ?? Number.NaN, 9)
    })
  })

  it('let no single well decide', () => {
    const values = new Float64Array(4 * 7)
    values.set([0, 0, 0, 0, 0, 0, 1000])
    for (const well of [1, 2, 3]) values.set([4, 0, 4, 0, 0, 0, 0], 7 * well)
    const [choice] = chooseIndependently([
      groupScores(matrix(values, 4, 7), groups, 'likelihood', 1),
    ])
    expect(choice?.group).toBe(0)
  })

  it('are votes as the reference counts them, weighed by how many agree', () => {
    const script = `
z = np.array(d).reshape(12, 9); z = z[:, :7]; of = np.array([0, 1, 0, 1, 1, -1, 2])
z[:, of < 0] = -np.inf
n = np.bincount(of[z.argmax(axis=1)], minlength=3)
q = max(1 / 3, (n.max() + 1) / 14)
print(json.dumps((n * np.log(q * 2 / (1 - q))).tolist()))`
    const expected = askNumbers(script, [...logits.data])
    groupScores(logits, groups, 'votes', 1).forEach((score, group) => {
      expect(score).toBeCloseTo(expected[group] ?? Number.NaN, 9)
    })
  })

  it('say nothing where there is one group, or no well', () => {
    const one = namedPlateGroups({ all: [0, 1, 2] }, 7)
    for (const kind of ['likelihood', 'votes'] as const) {
      expect([...groupScores(logits, one, kind, 1)]).toEqual([
        kind === 'votes' ? 0 : expect.closeTo(0, 12),
      ])
      const none = groupScores(matrix(new Float64Array(), 0, 9), groups, kind, 1)
      expect([...none]).toEqual([0, 0, 0])
    }
  })
})
