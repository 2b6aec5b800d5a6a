import { beforeAll, expect, it } from 'vitest'
import {
  aten,
  autocast,
  manualSeed,
  memory,
  nn,
  optim,
  randn,
  setThreads,
  type Tensor,
  tidy,
  zeros,
} from '../index.js'
import { eachOnDevices, itOnDevices, kindOf, unlike } from '../testing/devices.test.support.js'
import { askPyTorch, differing, oracleThreads } from '../testing/pytorch.test.support.js'

beforeAll(() => setThreads(oracleThreads))

class Net extends nn.Module {
  readonly conv = this.register(
    'conv',
    new nn.Conv2d({ inChannels: 3, outChannels: 8, kernelSize: 3, bias: false }),
  )
  readonly norm = this.register('norm', new nn.BatchNorm2d({ features: 8 }))
  readonly linear = this.register('linear', new nn.Linear({ inFeatures: 8, outFeatures: 5 }))

  step(input: Tensor, optimiser: optim.Optimiser, bf16: boolean): void {
    tidy(() => {
      const output = autocast(
        { device: kindOf(input.device), dtype: 'bfloat16', enabled: bf16 },
        () => {
          const maps = aten.silu(this.norm.forward(this.conv.forward(input)))
          return this.linear.forward(maps.mean({ dim: [2, 3] }))
        },
      )
      output.to({ dtype: 'float32' }).square().mean().backward()
      optimiser.step()
      optimiser.zeroGrad()
    })
  }
}

const network = `
torch.manual_seed(1)
net = nn.ModuleDict({'conv': nn.Conv2d(3, 8, 3, bias=False), 'norm': nn.BatchNorm2d(8), 'linear': nn.Linear(8, 5)})
x = torch.randn(6, 3, 10, 10)
def forward():
    return net['linear'](nn.functional.silu(net['norm'](net['conv'](x))).mean((2, 3)))
`

type Make = (parameters: Tensor[], fused: boolean) => optim.Optimiser
const rules: readonly { name: string; make: Make; python: string }[] = [
  {
    name: 'Adam',
    make: (p, fused) => new optim.Adam(p, { learningRate: 1e-2, fused }),
    python: 'Adam(net.parameters(), 1e-2, FUSED)',
  },
  {
    name: 'Adam with L2',
    make: (p, fused) =>
      new optim.Adam(p, { learningRate: 1e-2, weightDecay: 0.1, eps: 1e-6, fused }),
    python: 'Adam(net.parameters(), 1e-2, weight_decay=0.1, eps=1e-6, FUSED)',
  },
  {
    name: 'AdamW',
    make: (p, fused) =>
      new optim.AdamW(p, { learningRate: 1e-2, betas: [0.8, 0.99], weightDecay: 0.02, fused }),
    python: 'AdamW(net.parameters(), 1e-2, betas=(0.8, 0.99), weight_decay=0.02, FUSED)',
  },
  {
    name: 'SGD',
    make: (p, fused) => new optim.SGD(p, { learningRate: 0.1, weightDecay: 0.01, fused }),
    python: 'SGD(net.parameters(), 0.1, weight_decay=0.01, FUSED)',
  },
  {
    name: 'SGD with momentum and dampening',
    make: (p, fused) =>
      new optim.SGD(p, { learningRate: 0.1, momentum: 0.9, dampening: 0.2, fused }),
    python: 'SGD(net.parameters(), 0.1, momentum=0.9, dampening=0.2, FUSED)',
  },
  {
    name: 'SGD with Nesterov momentum',
    make: (p, fused) =>
      new optim.SGD(p, { learningRate: 0.1, momentum: 0.9, nesterov: true, fused }),
    python: 'SGD(net.parameters(), 0.1, momentum=0.9, nesterov=True, FUSED)',
  },
  {
    name: 'RAdam',
    make: (p) => new optim.RAdam(p, { learningRate: 1e-2 }),
    python: 'RAdam(net.parameters(), 1e-2, foreach=True)',
  },
  {
    name: 'RAdam with decoupled decay',
    make: (p) => new optim.RAdam(p, { learningRate: 1e-2, weightDecay: 0.1, decoupled: true }),
    python:
      'RAdam(net.parameters(), 1e-2, weight_decay=0.1, decoupled_weight_decay=True, foreach=True)',
  },
]

const combinations = [true, false].flatMap((fused) =>
  ['fp32', 'bf16'].flatMap((precision) => rules.map((rule) => ({ ...rule, fused, precision }))),
)
let answers: Map<string, Tensor>[] = []

beforeAll(() => {
  answers = askPyTorch(
    combinations.map(
      ({ python, fused, precision }) => `${network}
opt = torch.optim.${python.replace('FUSED', fused ? 'fused=True' : 'foreach=True')}
for _ in range(10):
    with torch.autocast('cpu', torch.bfloat16, enabled=${precision === 'bf16' ? 'True' : 'False'}):
        y = forward()
    opt.zero_grad(); y.float().square().mean().backward(); opt.step()
out = net.state_dict()`,
    ),
  )
})

// To the bit on the processor. Adam divides by gradients that are nearly nothing, so that on a card some
// weights go apart by a part of a step.
eachOnDevices(
  combinations.map((one, index) => ({ ...one, index })),
  '$name, fused $fused, $precision: ten steps as in PyTorch',
  ({ make, fused, precision, index }, device) => {
    manualSeed(1)
    using net = new Net()
    const input = tidy(() => randn([6, 3, 10, 10]).to({ device })).keep()
    net.to({ device })
    using optimiser = make(net.parameters(), fused)
    for (let i = 0; i < 10; i++) net.step(input, optimiser, precision === 'bf16')
    const share = precision === 'bf16' ? 0.3 : 0.1
    expect(unlike(net.stateDict(), answers[index] ?? new Map(), device, share)).toEqual([])
    expect(answers[index]?.size).toBe(net.stateDict().size)
  },
)

eachOnDevices(
  rules,
  '$name goes on after a save as without one, and leaks nothing',
  ({ make }, device) => {
    manualSeed(2)
    using net = new Net()
    net.to({ device, memoryFormat: 'channelsLast' })
    const input = tidy(() => randn([6, 3, 10, 10]).to({ device })).keep()
    using optimiser = make(net.parameters(), true)
    for (let i = 0; i < 4; i++) net.step(input, optimiser, false)
    const live = memory.live().tensors

    using copy = new Net()
    copy.to({ device, memoryFormat: 'channelsLast' })
    copy.loadStateDict(net.stateDict())
    using resumed = make(copy.parameters(), true)
    resumed.loadStateDict(optimiser.stateDict())
    expect(resumed.learningRate).toBe(optimiser.learningRate)
    for (let i = 0; i < 4; i++) {
      net.step(input, optimiser, false)
      copy.step(input, resumed, false)
    }
    expect(unlike(copy.stateDict(), net.stateDict(), device, 0.1)).toEqual([])
    copy.dispose()
    resumed.dispose()
    expect(memory.live().tensors).toBe(live)
  },
)

itOnDevices('uses the learning rate it is given, also by group', (device) => {
  const [slow, fast] = [zeros([3], { device }).keep(), zeros([3], { device }).keep()]
  for (const tensor of [slow, fast]) tensor.requiresGrad = true
  using optimiser = new optim.SGD(
    [{ parameters: [slow] }, { parameters: [fast], learningRate: 1 }],
    { learningRate: 0.25 },
  )
  tidy(() => slow.add(fast).sum().backward())
  optimiser.step()
  expect([slow.toNumbers(), fast.toNumbers()]).toEqual([
    [-0.25, -0.25, -0.25],
    [-1, -1, -1],
  ])
  optimiser.learningRate = 0.5
  optimiser.step()
  expect([slow.toNumbers()[0], fast.toNumbers()[0]]).toEqual([-0.75, -1.5])
})

itOnDevices('uses the momentum it is given from then on', (device) => {
  const weight = zeros([1], { device }).keep()
  weight.requiresGrad = true
  using optimiser = new optim.SGD([weight], { learningRate: 1, momentum: 0.5 })
  const moveBy = () => {
    const before = weight.item()
    optimiser.zeroGrad()
    tidy(() => weight.sum().backward())
    optimiser.step()
    return before - weight.item()
  }
  expect([moveBy(), moveBy()]).toEqual([1, 1.5])
  optimiser.momentum = 0.25
  expect([optimiser.momentum, moveBy()]).toEqual([0.25, 1.375])
  expect(() => {
    optimiser.momentum = 1
  }).toThrow('momentum is 1; expected a number 0 to below 1')
  using plain = new optim.SGD([weight])
  expect(() => {
    plain.momentum = 0.9
  }).toThrow(/made without one/)
  using adam = new optim.Adam([weight], { betas: [0.8, 0.9] })
  expect(adam.momentum).toBe(0.8)
})

it('clips gradients as torch.nn.utils does', () => {
  manualSeed(4)
  const parameters = [randn([5, 3]).keep(), randn([7]).keep()]
  for (const parameter of parameters) parameter.requiresGrad = true
  tidy(() => {
    for (const parameter of parameters) parameter.square().sum().mul(3).backward()
  })
  const norm = optim.clipGradientNorm(parameters, 1.5)
  const [theirs = new Map<string, Tensor>()] = askPyTorch([
    `
torch.manual_seed(4)
ps = [torch.randn(5, 3, requires_grad=True), torch.randn(7, requires_grad=True)]
for p in ps: (p.square().sum() * 3).backward()
n = torch.nn.utils.clip_grad_norm_(ps, 1.5)
out = {'norm': n, '0': ps[0].grad, '1': ps[1].grad}`,
  ])
  expect(norm).toBe(theirs.get('norm')?.item())
  const ours = new Map(parameters.flatMap((p, i) => (p.grad === null ? [] : [[`${i}`, p.grad]])))
  theirs.delete('norm')
  expect(differing(ours, theirs)).toEqual([])
})
