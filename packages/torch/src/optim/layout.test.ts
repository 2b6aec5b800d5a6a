import { describe, expect, it } from 'vitest'
import {
  aten,
  manualSeed,
  memory,
  optim,
  randn,
  type Tensor,
  TorchError,
  tensor,
  tidy,
  zeros,
} from '../index.js'
import { itOnDevices } from '../testing/devices.test.support.js'

type Make = (parameters: optim.Parameters, fused: boolean) => optim.Optimiser
const kinds: readonly [string, Make][] = [
  ['Adam', (p, fused) => new optim.Adam(p, { learningRate: 0.1, weightDecay: 0.1, fused })],
  ['AdamW', (p, fused) => new optim.AdamW(p, { learningRate: 0.1, fused })],
  ['SGD', (p, fused) => new optim.SGD(p, { learningRate: 0.1, momentum: 0.9, fused })],
]
const all = kinds.flatMap(([name, make]) => [
  { name: `fused ${name}`, make: (p: optim.Parameters) => make(p, true) },
  { name: `${name} by lists`, make: (p: optim.Parameters) => make(p, false) },
])

function parameter(values: Tensor): Tensor {
  values.keep().requiresGrad = true
  return values
}

/** Gradient of sum(p * c) is c, in the strides of c. */
function setGradient(of: Tensor, gradient: Tensor): void {
  of.grad = gradient
}

describe.each(all)('$name', ({ make }) => {
  itOnDevices('steps by elements, not by memory, when strides differ', (device) => {
    tidy(() => {
      manualSeed(1)
      const values = randn([2, 3, 4, 5], { device })
      const gradients = Array.from({ length: 3 }, () => randn([2, 3, 4, 5], { device }))
      const plain = parameter(values.clone())
      const lasting = parameter(values.clone())
      using a = make([plain])
      using b = make([lasting])
      gradients.forEach((gradient, step) => {
        // After its state was made, the parameter moves; its gradients come in yet another layout.
        if (step === 1)
          lasting.setData(lasting.detach().contiguous({ memoryFormat: 'channelsLast' }))
        setGradient(plain, gradient)
        setGradient(lasting, aten.transpose(gradient, 2, 3).contiguous().transpose(2, 3))
        a.step()
        b.step()
      })
      expect(lasting.strides).toEqual([60, 1, 15, 3])
      expect(lasting.toNumbers()).toEqual(plain.toNumbers())
      plain.dispose()
      lasting.dispose()
    })
  })

  itOnDevices('starts with a parameter when its first gradient comes', (device) => {
    tidy(() => {
      const [early, late, alone] = [0, 0, 0].map(() => parameter(tensor([1, 2], { device })))
      if (!early || !late || !alone) throw new Error('three were made')
      using both = make([early, late])
      using one = make([alone])
      const gradient = () => tensor([0.5, -1], { device })
      for (let step = 0; step < 3; step++) {
        setGradient(early, gradient())
        if (step > 0) {
          setGradient(late, gradient())
          setGradient(alone, gradient())
          one.step()
        }
        both.step()
      }
      expect(late.toNumbers()).toEqual(alone.toNumbers())
      expect(early.toNumbers()).not.toEqual(late.toNumbers())
      for (const each of [early, late, alone]) each.dispose()
    })
  })

  itOnDevices('moves parameters of several dtypes at once, as each alone', (device) => {
    tidy(() => {
      manualSeed(2)
      const values = [
        randn([9], { device }),
        randn([9], { device }).to({ dtype: 'float64' }),
        randn([9], { device }).to({ dtype: 'bfloat16' }),
      ]
      const together = values.map((value) => parameter(value.clone()))
      const alone = values.map((value) => parameter(value.clone()))
      using joint = make(together)
      const single = alone.map((each) => make([each]))
      for (let step = 0; step < 2; step++) {
        values.forEach((value, i) => {
          for (const each of [together[i], alone[i]]) if (each) setGradient(each, value.clone())
        })
        joint.step()
        for (const each of single) each.step()
      }
      const numbers = (list: readonly Tensor[]) => list.map((each) => each.toNumbers())
      expect(numbers(together)).toEqual(numbers(alone))
      expect(numbers(together)).not.toEqual(numbers(values))
      for (const each of single) each.dispose()
      for (const each of [...together, ...alone]) each.dispose()
    })
  })

  itOnDevices('leaves gradients as they were, and no tensor behind', (device) => {
    const weight = parameter(tensor([1, 2, 3], { device }))
    const optimiser = make([weight])
    const step = () => {
      tidy(() => {
        optimiser.zeroGrad()
        weight.square().sum().backward()
        const before = weight.grad?.toNumbers()
        optimiser.step()
        expect(weight.grad?.toNumbers()).toEqual(before)
      })
    }
    step()
    const live = memory.live()
    for (let times = 0; times < 5; times++) step()
    expect(memory.live()).toEqual(live)
    optimiser.dispose()
    weight.dispose()
  })
})

describe('an optimiser refuses', () => {
  const good = () => parameter(zeros([2]))
  it.each<[string, () => unknown, RegExp]>([
    ['nothing to train', () => new optim.Adam([]), /got no parameters/],
    ['one parameter twice', () => ((p) => new optim.Adam([p, p]))(good()), /parameter 1 .* twice/],
    [
      'one parameter in two groups',
      () => ((p) => new optim.Adam([{ parameters: [p] }, { parameters: [p] }]))(good()),
      /twice/,
    ],
    ['what is computed', () => new optim.Adam([good().mul(2)]), /parameter 0 .*expected a leaf/],
    ['whole numbers', () => new optim.Adam([zeros([2], { dtype: 'int64' })]), /floating-point/],
    [
      'complex numbers',
      () => new optim.Adam([zeros([2], { dtype: 'complex64' })]),
      /floating-point/,
    ],
    ['gaps in memory', () => new optim.Adam([zeros([4, 4]).select(1, 0)]), /gaps/],
    ['elements that share memory', () => new optim.Adam([aten.expand(zeros([1]), [4])]), /gaps/],
    [
      'a negative learning rate',
      () => new optim.SGD([good()], { learningRate: -1 }),
      /learningRate is -1; expected a number from 0/,
    ],
    [
      'a learning rate that is no number',
      () => new optim.SGD([good()], { learningRate: Number.NaN }),
      /learningRate is NaN/,
    ],
    [
      'a beta of 1',
      () => new optim.Adam([good()], { betas: [0.9, 1] }),
      /betas is 1; expected a number 0 to below 1/,
    ],
    ['a negative eps', () => new optim.Adam([good()], { eps: -1e-8 }), /eps/],
    [
      'a negative weight decay',
      () => new optim.AdamW([good()], { weightDecay: -1 }),
      /weightDecay/,
    ],
    ['a negative momentum', () => new optim.SGD([good()], { momentum: -1 }), /momentum is -1/],
    [
      'Nesterov without momentum',
      () => new optim.SGD([good()], { nesterov: true }),
      /expected a momentum above 0/,
    ],
    [
      'Nesterov with dampening',
      () => new optim.SGD([good()], { nesterov: true, momentum: 0.9, dampening: 0.1 }),
      /no dampening/,
    ],
  ])('%s', (_, make, message) => {
    tidy(() => {
      expect(make).toThrow(TorchError)
      expect(make).toThrow(message)
    })
  })

  it.each<[string, readonly [string, readonly number[]][], number, RegExp]>([
    ['other groups', [], 2, /it has 2 groups of parameters, expected 1/],
    ['more parameters', [['1.exp_avg', [3]]], 1, /got 1\.exp_avg, expected .* below 1/],
    ['another optimiser', [['0.momentum_buffer', [3]]], 1, /a name of exp_avg, exp_avg_sq, step/],
    ['another shape', [['0.exp_avg', [4]]], 1, /0\.exp_avg is \[4\], expected \[3\]/],
    [
      'half of it',
      [
        ['0.exp_avg', [3]],
        ['0.step', []],
      ],
      1,
      /0\.exp_avg_sq is missing/,
    ],
  ])('the state of %s, and keeps its own', (_, saved, groups, message) => {
    tidy(() => {
      const weight = parameter(tensor([1, 2, 3]))
      using adam = new optim.Adam([weight], { learningRate: 0.5 })
      weight.sum().backward()
      adam.step()
      const before = [...adam.stateDict().tensors].map(([name, value]) => [name, value.toNumbers()])
      const live = memory.live().tensors
      const state = {
        tensors: new Map(saved.map(([name, shape]) => [name, zeros(shape)])),
        scalars: { groups: Array(groups).fill({ learningRate: 1, weightDecay: 0 }) },
      }
      expect(() => adam.loadStateDict(state)).toThrow(message)
      expect(() => adam.loadStateDict(state)).toThrow(TorchError)
      expect(
        [...adam.stateDict().tensors].map(([name, value]) => [name, value.toNumbers()]),
      ).toEqual(before)
      expect(adam.learningRate).toBe(0.5)
      expect(memory.live().tensors).toBe(live + saved.length)
      weight.dispose()
    })
  })
})
