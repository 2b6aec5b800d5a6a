import { beforeAll, describe, expect, it } from 'vitest'
import {
  type Device,
  manualSeed,
  memory,
  nn,
  optim,
  randn,
  setThreads,
  type Tensor,
  TorchError,
  tidy,
} from '../index.js'
import { eachOnDevices, itOnDevices, unlike } from '../testing/devices.test.support.js'
import { askPyTorch, oracleThreads } from '../testing/pytorch.test.support.js'

beforeAll(() => setThreads(oracleThreads))

class Net extends nn.Module {
  readonly first = this.register('first', new nn.Linear({ inFeatures: 4, outFeatures: 6 }))
  readonly second = this.register('second', new nn.Linear({ inFeatures: 6, outFeatures: 3 }))

  /** Moves the weights; in double precision the two sides differ in the last bits alone. */
  step(input: Tensor, optimiser: optim.Optimiser): void {
    tidy(() => {
      this.second.forward(this.first.forward(input).tanh()).square().mean().backward()
      optimiser.step()
      optimiser.zeroGrad()
    })
  }
}

const network = `
torch.manual_seed(1)
net = nn.ModuleDict({'first': nn.Linear(4, 6), 'second': nn.Linear(6, 3)}).double()
x = torch.randn(5, 4).double()
def loss(): return net['second'](net['first'](x).tanh()).square().mean()
def run(opt, steps, after=lambda i: None):
    for i in range(steps):
        opt.zero_grad(); loss().backward(); opt.step(); after(i + 1)
`

/** Slow weights by the formula, apart from any optimiser. */
const lookahead = (every: number, share: number) => `
slow = {n: p.detach().clone() for n, p in net.named_parameters()}
def after(step):
    if step % ${every} == 0:
        with torch.no_grad():
            for n, p in net.named_parameters():
                slow[n] += ${share} * (p - slow[n])
                p.copy_(slow[n])
`

const cases: readonly { name: string; make: (p: Tensor[]) => optim.Optimiser; python: string }[] = [
  {
    name: 'RAdam',
    make: (p) => new optim.RAdam(p, { learningRate: 1e-2 }),
    python: 'run(torch.optim.RAdam(net.parameters(), 1e-2), 20)',
  },
  {
    name: 'RAdam with L2 and other betas',
    make: (p) =>
      new optim.RAdam(p, { learningRate: 1e-2, betas: [0.95, 0.99], eps: 1e-6, weightDecay: 0.1 }),
    python: `
run(torch.optim.RAdam(net.parameters(), 1e-2, betas=(.95, .99), eps=1e-6, weight_decay=.1), 20)`,
  },
  {
    name: 'RAdam with decoupled decay',
    make: (p) => new optim.RAdam(p, { learningRate: 1e-2, weightDecay: 0.1, decoupled: true }),
    python: `
run(torch.optim.RAdam(net.parameters(), 1e-2, weight_decay=.1, decoupled_weight_decay=True), 20)`,
  },
  {
    name: 'Ranger: Lookahead over RAdam',
    make: (p) =>
      new optim.Lookahead(new optim.RAdam(p, { learningRate: 1e-2, betas: [0.95, 0.999] })),
    python: `${lookahead(6, 0.5)}
run(torch.optim.RAdam(net.parameters(), 1e-2, betas=(.95, .999)), 20, after)`,
  },
  {
    name: 'Lookahead over SGD',
    make: (p) =>
      new optim.Lookahead(new optim.SGD(p, { learningRate: 0.1, momentum: 0.9 }), {
        every: 3,
        share: 0.25,
      }),
    python: `${lookahead(3, 0.25)}
run(torch.optim.SGD(net.parameters(), .1, momentum=.9), 20, after)`,
  },
]

let answers: Map<string, Tensor>[] = []
beforeAll(() => {
  answers = askPyTorch(cases.map(({ python }) => `${network}${python}\nout = net.state_dict()`))
})

/** Digits after the point in which a card, which sums in another order, agrees. */
const digits = (device: Device) => (device === 'cpu' ? 12 : 9)

function begun(device: Device = 'cpu'): { net: Net; input: Tensor } {
  manualSeed(1)
  const net = new Net()
  const input = tidy(() => randn([5, 4]).to({ dtype: 'float64', device }).keep())
  net.to({ dtype: 'float64', device })
  return { net, input }
}

describe.each(cases.map((one, index) => ({ ...one, index })))('$name', ({ make, index }) => {
  itOnDevices('moves weights as the reference in double precision', (device) => {
    const { net, input } = begun(device)
    using optimiser = make(net.parameters())
    for (let i = 0; i < 20; i++) net.step(input, optimiser)
    for (const [name, value] of net.stateDict()) {
      const expected = answers[index]?.get(name)?.toNumbers() ?? []
      expect(expected.length).toBe(value.numel)
      value.toNumbers().forEach((number, i) => {
        expect(number).toBeCloseTo(expected[i] ?? Number.NaN, digits(device))
      })
    }
    net.dispose()
  })

  const saves = [0, 1, 6, 8].map((steps) => ({ steps }))
  const title = 'saved after $steps steps goes on as without, and leaks nothing'
  eachOnDevices(saves, title, ({ steps }, device) => {
    const { net, input } = begun(device)
    using optimiser = make(net.parameters())
    for (let i = 0; i < steps; i++) net.step(input, optimiser)
    const live = memory.live().tensors
    using copy = new Net()
    copy.to({ dtype: 'float64', device })
    using resumed = make(copy.parameters())
    copy.loadStateDict(net.stateDict())
    resumed.loadStateDict(optimiser.stateDict())
    for (let i = 0; i < 9; i++) {
      net.step(input, optimiser)
      copy.step(input, resumed)
    }
    expect(unlike(copy.stateDict(), net.stateDict(), device, 1e-9)).toEqual([])
    copy.dispose()
    resumed.dispose()
    // At the first step the running means come to those that were saved.
    if (steps > 0) expect(memory.live().tensors).toBe(live)
    net.dispose()
  })
})

it('Lookahead hands rate, momentum and groups on, and refuses the state of another optimiser', () => {
  const { net, input } = begun()
  using optimiser = new optim.Lookahead(new optim.SGD(net.parameters(), { learningRate: 0.5 }), {
    every: 2,
  })
  expect(optimiser.learningRate).toBe(0.5)
  optimiser.learningRate = 0
  const before = net.first.weight.toNumbers()
  net.step(input, optimiser)
  expect(net.first.weight.toNumbers()).toEqual(before)
  using adam = new optim.Lookahead(new optim.Adam(net.parameters()), { every: 2 })
  adam.momentum = 0.7
  expect(adam.momentum).toBe(0.7)
  net.step(input, adam)
  expect(() => optimiser.loadStateDict(adam.stateDict())).toThrow(TorchError)
  expect(() => new optim.Lookahead(new optim.Adam(net.parameters()), { every: 0 })).toThrow(
    'every is 0',
  )
  net.dispose()
})

describe('WeightAverage', () => {
  const averages = [
    { name: 'the mean of all', decay: null, python: 'torch.optim.swa_utils.AveragedModel(net)' },
    {
      name: 'an exponential mean',
      decay: 0.9,
      python:
        'torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(.9))',
    },
  ]
  eachOnDevices(averages, 'is $name, as in PyTorch', async ({ decay, python }, device) => {
    const [expected = new Map<string, Tensor>()] = askPyTorch([
      `${network}
average = ${python}
run(torch.optim.SGD(net.parameters(), .1), 12, lambda i: average.update_parameters(net))
out = {n: p.detach() for n, p in average.module.named_parameters()}`,
    ])
    const { net, input } = begun(device)
    using optimiser = new optim.SGD(net.parameters(), { learningRate: 0.1 })
    using average = new optim.WeightAverage(net.namedParameters(), decay)
    for (let i = 0; i < 7; i++) {
      net.step(input, optimiser)
      average.update()
    }
    // Saved and restored on the way.
    using restored = new optim.WeightAverage(net.namedParameters(), decay)
    restored.loadStateDict(average.stateDict())
    expect(restored.count).toBe(7)
    for (let i = 0; i < 5; i++) {
      net.step(input, optimiser)
      restored.update()
    }
    const own = new Map([...net.stateDict()].map(([name, value]) => [name, value.toNumbers()]))
    await restored.during(async () => {
      for (const [name, value] of net.namedParameters()) {
        const numbers = expected.get(name)?.toNumbers() ?? []
        expect(numbers.length).toBe(value.numel)
        value.toNumbers().forEach((number, i) => {
          expect(number).toBeCloseTo(numbers[i] ?? Number.NaN, digits(device))
        })
      }
    })
    for (const [name, value] of net.stateDict()) expect(value.toNumbers()).toEqual(own.get(name))
    net.dispose()
  })

  itOnDevices('puts the weights back when the work fails', async (device) => {
    const { net, input } = begun(device)
    using optimiser = new optim.SGD(net.parameters(), { learningRate: 0.1 })
    using average = new optim.WeightAverage(net.namedParameters(), null)
    await expect(average.during(async () => {})).rejects.toThrow('no average before the first')
    average.update()
    net.step(input, optimiser)
    const own = net.first.weight.toNumbers()
    const failing = average.during(async () => {
      expect(net.first.weight.toNumbers()).not.toEqual(own)
      throw new Error('no')
    })
    await expect(failing).rejects.toThrow('no')
    expect(net.first.weight.toNumbers()).toEqual(own)
    net.dispose()
  })

  it('refuses a state of other parameters', () => {
    const { net } = begun()
    using average = new optim.WeightAverage(net.namedParameters(), null)
    average.update()
    using other = new optim.WeightAverage(net.first.namedParameters(), null)
    expect(() => other.loadStateDict(average.stateDict())).toThrow(TorchError)
    expect(() => new optim.WeightAverage(net.namedParameters(), 1)).toThrow('decay is 1')
    net.dispose()
  })
})
