import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { askNumbers } from '../testing/python.js'
import { learningRateAt, momentumAt } from './schedule.js'

function rates(
  schedule: Parameters<typeof learningRateAt>[0],
  peak: number,
  totalSteps: number,
  stepsPerEpoch = 1,
): number[] {
  return Array.from({ length: totalSteps }, (_, step) =>
    learningRateAt(schedule, peak, step, totalSteps, stepsPerEpoch),
  )
}

function expectClose(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length)
  got.forEach((rate, step) => {
    expect(Math.abs(rate / (expected[step] ?? Number.NaN) - 1), `step ${step}`).toBeLessThan(1e-9)
  })
}

describe('oneCycle', () => {
  it("gives the learning rates and momenta of PyTorch's OneCycleLR", () => {
    const cases = [
      { total: 40, warmup: 0.2 },
      { total: 37, warmup: 0.3 },
      { total: 1120, warmup: 0.2 },
      { total: 10, warmup: 0 },
      { total: 12, warmup: 0.55 },
    ]
    const script = `
import torch
numbers = []
for case in d:
    optimiser = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=case['total'], pct_start=float(case['warmup']))
    for step in range(case['total']):
        group = optimiser.param_groups[0]
        numbers += [group['lr'], group['betas'][0]]
        optimiser.step()
        if step + 1 < case['total']: schedule.step()
print(json.dumps(numbers))`
    const ours = cases.flatMap(({ total, warmup }) => {
      const momentum: [number, number] = [0.85, 0.95]
      const schedule = { name: 'oneCycle', warmup, finalShare: 0, momentum } as const
      return rates(schedule, 2e-3, total).flatMap((rate, step) => [
        rate,
        momentumAt(schedule, step, total) ?? Number.NaN,
      ])
    })
    expectClose(ours, askNumbers(script, cases))
  })

  it('leaves the momentum alone unless told, and so does every other schedule', () => {
    const plain = { name: 'oneCycle', warmup: 0.2, finalShare: 0, momentum: null } as const
    expect(momentumAt(plain, 3, 10)).toBeNull()
    expect(momentumAt({ ...plain, name: 'cosine', momentum: [0.85, 0.95] }, 3, 10)).toBeNull()
  })

  it('starts at the peak where the warm-up is a single step', () => {
    expect(rates({ name: 'oneCycle', warmup: 0.2, finalShare: 0, momentum: null }, 1, 5)[0]).toBe(1)
    expect(rates({ name: 'oneCycle', warmup: 1, finalShare: 0, momentum: null }, 1, 1)).toEqual([1])
  })

  it('stays at the peak at the end where the warm-up takes all steps', () => {
    expect(rates({ name: 'oneCycle', warmup: 1, finalShare: 0, momentum: null }, 1, 5).at(-1)).toBe(
      1,
    )
  })
})

describe('cosine', () => {
  it("gives PyTorch's linear warm-up and then its cosine annealing", () => {
    const script = `
import torch
optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=d['peak'])
warm = d['warm']
schedule = torch.optim.lr_scheduler.SequentialLR(optimiser, [
    torch.optim.lr_scheduler.LinearLR(optimiser, start_factor=1 / warm, total_iters=warm - 1),
    torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=d['total'] - warm - 1, eta_min=d['peak'] * d['finalShare']),
], milestones=[warm])
rates = []
for step in range(d['total']):
    rates.append(optimiser.param_groups[0]['lr'])
    optimiser.step(); schedule.step()
print(json.dumps(rates))`
    const expected = askNumbers(script, { peak: 0.1, warm: 8, total: 40, finalShare: 0.05 })
    expectClose(
      rates({ name: 'cosine', warmup: 0.2, finalShare: 0.05, momentum: null }, 0.1, 40),
      expected,
    )
  })

  it('ends at the final share of the peak, also where nothing is left after the warm-up', () => {
    const schedule = { name: 'cosine', warmup: 0.2, finalShare: 0.25, momentum: null } as const
    expect(rates(schedule, 2, 50).at(-1)).toBeCloseTo(0.5, 12)
    expect(rates({ ...schedule, warmup: 0 }, 2, 1)).toEqual([0.5])
    expect(rates({ ...schedule, warmup: 1 }, 2, 4)).toEqual([0.5, 1, 1.5, 2])
  })
})

it('constant is the peak at every step, whatever the warm-up', () => {
  expect(rates({ name: 'constant', warmup: 0.5, finalShare: 0, momentum: null }, 1e-3, 3)).toEqual([
    1e-3, 1e-3, 1e-3,
  ])
})

describe('cosineSegments', () => {
  it("gives PyTorch's cosine annealing in each segment, from its own peak", () => {
    const script = `
import torch
rates = []
for length, peak in d:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=length)
    for step in range(length):
        rates.append(optimiser.param_groups[0]['lr'])
        optimiser.step(); schedule.step()
print(json.dumps(rates))`
    const expected = askNumbers(script, [
      [30, 0.1],
      [20, 0.04],
    ]).slice(0, 45)
    const segments = [
      { epochs: 3, peak: 1 },
      { epochs: 2, peak: 0.4 },
    ]
    const schedule = { ...plain, name: 'cosineSegments', segments } as const
    expectClose(rates(schedule, 0.1, 45, 10), expected)
  })

  it('is 0 behind the last segment', () => {
    const segments = [{ epochs: 1, peak: 1 }]
    expect(rates({ ...plain, name: 'cosineSegments', segments }, 1, 4, 2).slice(2)).toEqual([0, 0])
  })
})

it("step gives PyTorch's MultiStepLR", () => {
  const script = `
import torch
optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=.3)
schedule = torch.optim.lr_scheduler.MultiStepLR(optimiser, milestones=[8, 12], gamma=.5)
rates = []
for step in range(16):
    rates.append(optimiser.param_groups[0]['lr'])
    optimiser.step(); schedule.step()
print(json.dumps(rates))`
  const schedule = { ...plain, name: 'step' as const, milestones: [2, 3], factor: 0.5 }
  expectClose(rates(schedule, 0.3, 16, 4), askNumbers(script, null))
})

it('refuses a schedule without what it is named for', () => {
  const parse = (schedule: object) => () => configSchema.parse({ training: { schedule } })
  expect(parse({ name: 'step' })).toThrow('step needs milestones')
  expect(parse({ name: 'cosineSegments' })).toThrow('cosineSegments needs segments')
  expect(parse({ name: 'step', milestones: [3] })).not.toThrow()
})

const plain = { warmup: 0, finalShare: 0, momentum: null }
