import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { DivergedError } from '../errors.js'
import { LossWatch, lossBound } from './loss-watch.js'

const lossOf = (loss: Record<string, unknown>) =>
  configSchema.parse({ training: { loss } }).training.loss
const plain = { loss: lossOf({}), classes: 1108, pairs: false }

/** How many losses a watch takes before it stops; null when it takes all. */
function stopsAfter(losses: readonly number[], watched = plain): number | null {
  const watch = new LossWatch(watched, '/runs/a')
  let recent: number[] = []
  for (const [step, loss] of losses.entries()) {
    try {
      recent = watch.after(recent, loss, `epoch 1, step ${step + 1}`)
    } catch (error) {
      expect(error).toBeInstanceOf(DivergedError)
      return step + 1
    }
  }
  return null
}

const steps = (count: number, loss: number) => Array.from({ length: count }, () => loss)

describe('the bound of a healthy loss', () => {
  it('is ten times that of a network that knows nothing', () => {
    expect(lossBound(plain)).toBeCloseTo(10 * (1 + 7.01031), 3)
    expect(lossBound({ ...plain, pairs: true })).toBeCloseTo(11 * (1 + 7.01031), 3)
    const focal = { ...plain, loss: lossOf({ name: 'focal', weight: 3, focal: { alpha: 0.5 } }) }
    expect(lossBound(focal)).toBeCloseTo(15 * (1 + 7.01031), 3)
  })

  it('is above all that an angular loss can be, by whatever margin', () => {
    const angular = { weight: 1, scale: 30, margin: 2.9 }
    const bound = lossBound({ ...plain, loss: lossOf({ weight: 0, angular }) })
    // Every other class at cosine 1, the own at -1 and pushed further by the margin's line.
    const worst = Math.log(1108) + 30 * (2 + 2.9 * Math.sin(2.9))
    expect(bound).toBeGreaterThan(5 * worst)
    const falling = { ...angular, lastWeight: 4 }
    expect(lossBound({ ...plain, loss: lossOf({ weight: 0, angular: falling }) })).toBeCloseTo(
      4 * bound,
    )
  })
})

describe('a watched loss', () => {
  it('stops at once where it is not finite, and says what to try', () => {
    expect(stopsAfter([7, Number.NaN])).toBe(2)
    expect(stopsAfter([Number.POSITIVE_INFINITY])).toBe(1)
    const watch = new LossWatch(plain, '/runs/a')
    expect(() => watch.after([], Number.NaN, 'epoch 1, step 1')).toThrow(
      /loss is NaN in epoch 1, step 1, expected a finite number.*no good checkpoint.*Lower training.optimiser.learningRate/,
    )
  })

  it('stops where most of the latest 15 are above the bound', () => {
    expect(stopsAfter([...steps(100, 7), ...steps(20, 1e4)])).toBe(108)
    expect(stopsAfter(steps(20, 81))).toBe(15)
    expect(stopsAfter(steps(1000, 79))).toBe(null)
  })

  it('lets a noisy start and spikes recover', () => {
    expect(stopsAfter([...steps(7, 1e12), ...steps(100, 9)])).toBe(null)
    const spikes = [...steps(20, 3), ...steps(7, 1e6), ...steps(8, 3)]
    expect(stopsAfter([...spikes, ...spikes, ...spikes])).toBe(null)
  })

  it('goes on from saved losses as if it had not stopped', () => {
    const watch = new LossWatch(plain, '/runs/a')
    const losses = [...steps(10, 7), ...steps(7, 500)]
    let recent: number[] = []
    for (const loss of losses) recent = watch.after(recent, loss, 'epoch 1, step 1')
    const saved: number[] = JSON.parse(JSON.stringify(recent))
    expect(saved).toEqual(losses.slice(-15))
    expect(() => new LossWatch(plain, '/runs/a').after(saved, 500, 'epoch 2, step 1')).toThrow(
      'the loss explodes: in epoch 2, step 1 its median over 15 steps is 500, expected at most 80.1',
    )
  })
})
