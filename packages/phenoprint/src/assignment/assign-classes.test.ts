import { describe, expect, it } from 'vitest'
import { ShapeError } from '../errors.js'
import { matrix } from '../evaluation/matrix.js'
import { randomStream } from '../random.js'
import { askNumbers } from '../testing/python.js'
import { assignClasses, assignClassesGreedily } from './assign-classes.js'

const never = Number.NEGATIVE_INFINITY

function logits(wells: number, classes: number) {
  const draw = randomStream(5, 'logits', wells, classes)
  const data = Float32Array.from({ length: wells * classes }, () => draw.normal())
  return matrix(data, wells, classes)
}

describe('classes one to one with wells', () => {
  it('are those of scipy', () => {
    const given = logits(70, 90)
    const script = `
from scipy.optimize import linear_sum_assignment
print(json.dumps(linear_sum_assignment(np.array(d).reshape(70, 90), maximize=True)[1].tolist()))`
    expect([...assignClasses(given)]).toEqual(askNumbers(script, [...given.data]))
  })

  it('do not depend on what is added to all of a well', () => {
    const given = logits(20, 30)
    const moved = given.data.map((value, i) => value + 4 * Math.floor(i / 30))
    expect(assignClasses(matrix(moved, 20, 30))).toEqual(assignClasses(given))
  })

  it('give up a little where that wins more', () => {
    const given = matrix(Float64Array.of(3, 2, never, 2.5, 0, -1, never, 2, 1), 3, 3)
    // By falling value: 3, then 2 (well 2, class 1), and well 1 is left with the last class.
    expect([...assignClassesGreedily(given)]).toEqual([0, 2, 1])
    expect([...assignClasses(given)]).toEqual([1, 0, 2])
  })
})

describe('the greedy rule', () => {
  it('is that of the reference: pairs by falling value, where both are free', () => {
    const given = logits(60, 75)
    const script = `
x = np.array(d).reshape(60, 75); out = -np.ones(60, int); taken = set()
for i in np.argsort(-x, axis=None, kind='stable'):
    w, c = divmod(int(i), 75)
    if out[w] < 0 and c not in taken: out[w] = c; taken.add(c)
print(json.dumps(out.tolist()))`
    const greedy = assignClassesGreedily(given)
    expect([...greedy]).toEqual(askNumbers(script, [...given.data]))
    const totals = [greedy, assignClasses(given)].map((classes) =>
      classes.reduce((sum, index, well) => sum + (given.data[well * 75 + index] ?? 0), 0),
    )
    expect(totals[0]).toBeLessThan(totals[1] ?? 0)
  })

  it('takes the earlier well and the lower class of equal values', () => {
    expect([...assignClassesGreedily(matrix(new Float64Array(6), 2, 3))]).toEqual([0, 1])
  })

  it('leaves a well without a class when others took all it may have', () => {
    const given = matrix(Float64Array.of(5, 4, 3, never), 2, 2)
    expect([...assignClassesGreedily(given)]).toEqual([0, -1])
    expect([...assignClasses(given)]).toEqual([1, 0])
  })
})

it.each([assignClasses, assignClassesGreedily])('%o refuses what it cannot do', (assign) => {
  expect(() => assign(matrix(new Float64Array(6), 3, 2))).toThrow('got 3 wells for 2 classes')
  expect(() => assign(matrix(Float64Array.of(1, Number.NaN), 1, 2))).toThrow(ShapeError)
  const infinite = matrix(Float64Array.of(1, Number.POSITIVE_INFINITY), 1, 2)
  expect(() => assign(infinite)).toThrow(ShapeError)
})
