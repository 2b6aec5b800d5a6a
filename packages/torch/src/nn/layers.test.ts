import { beforeAll, describe, expect, it } from 'vitest'
import {
  autocast,
  type Device,
  manualSeed,
  nn,
  randn,
  setThreads,
  type Tensor,
  tensor,
  tidy,
} from '../index.js'
import { eachOnDevices, itOnDevices, kindOf, unlike } from '../testing/devices.test.support.js'
import { askPyTorch, oracleThreads } from '../testing/pytorch.test.support.js'

beforeAll(() => setThreads(oracleThreads))

/** A layer, and the same in PyTorch. */
interface Case {
  readonly name: string
  readonly make: () => nn.Layer
  readonly python: string
  readonly input: readonly number[]
  /** It draws numbers, and a card draws others. */
  readonly draws?: boolean
}

const cases: readonly Case[] = [
  {
    name: 'Conv2d',
    make: () =>
      new nn.Conv2d({ inChannels: 6, outChannels: 8, kernelSize: 3, stride: 2, padding: 1 }),
    python: 'nn.Conv2d(6, 8, 3, 2, 1)',
    input: [4, 6, 17, 15],
  },
  {
    name: 'depthwise Conv2d',
    make: () =>
      new nn.Conv2d({
        ...{ inChannels: 16, outChannels: 16, groups: 16 },
        ...{ kernelSize: 5, padding: 2, bias: false },
      }),
    python: 'nn.Conv2d(16, 16, 5, 1, 2, groups=16, bias=False)',
    input: [4, 16, 12, 12],
  },
  {
    name: 'Linear',
    make: () => new nn.Linear({ inFeatures: 20, outFeatures: 7 }),
    python: 'nn.Linear(20, 7)',
    input: [5, 20],
  },
  {
    name: 'BatchNorm2d',
    make: () => new nn.BatchNorm2d({ features: 6, eps: 1e-3, momentum: 0.01 }),
    python: 'nn.BatchNorm2d(6, 1e-3, 0.01)',
    input: [4, 6, 9, 9],
  },
  {
    name: 'BatchNorm2d of a plain mean',
    make: () => new nn.BatchNorm2d({ features: 6, momentum: null }),
    python: 'nn.BatchNorm2d(6, momentum=None)',
    input: [4, 6, 9, 9],
  },
  {
    name: 'Conv2d with another height than width',
    make: () =>
      new nn.Conv2d({
        ...{ inChannels: 4, outChannels: 6, kernelSize: [3, 5] as const, groups: 2 },
        ...{ stride: [1, 2] as const, padding: [2, 1] as const, dilation: [2, 1] as const },
      }),
    python: 'nn.Conv2d(4, 6, (3, 5), (1, 2), (2, 1), (2, 1), groups=2)',
    input: [3, 4, 14, 11],
  },
  {
    name: 'channels-last Conv2d',
    make: () =>
      new nn.Conv2d({ inChannels: 8, outChannels: 16, kernelSize: 3, padding: 1 }).to({
        memoryFormat: 'channelsLast',
      }),
    python: 'nn.Conv2d(8, 16, 3, padding=1).to(memory_format=torch.channels_last)',
    input: [4, 8, 12, 12],
  },
  {
    name: 'AdaptiveAvgPool2d',
    make: () => new nn.AdaptiveAvgPool2d([3, 2]),
    python: 'nn.AdaptiveAvgPool2d((3, 2))',
    input: [2, 5, 8, 7],
  },
  {
    name: 'BatchNorm1d',
    make: () => new nn.BatchNorm1d({ features: 6 }),
    python: 'nn.BatchNorm1d(6)',
    input: [12, 6],
  },
  {
    name: 'Dropout',
    make: () => new nn.Dropout(0.3),
    python: 'nn.Dropout(0.3)',
    input: [8, 40],
    draws: true,
  },
  { name: 'SiLU', make: () => new nn.SiLU(), python: 'nn.SiLU()', input: [3, 33] },
  { name: 'Mish', make: () => new nn.Mish(), python: 'nn.Mish()', input: [3, 33] },
  { name: 'ReLU', make: () => new nn.ReLU(), python: 'nn.ReLU()', input: [3, 33] },
  { name: 'Sigmoid', make: () => new nn.Sigmoid(), python: 'nn.Sigmoid()', input: [3, 33] },
  {
    name: 'Sequential of pooling, flattening and Linear',
    make: () =>
      new nn.Sequential([
        new nn.AdaptiveAvgPool2d(1),
        new nn.Flatten(),
        new nn.Linear({ inFeatures: 6, outFeatures: 3 }),
      ]),
    python: 'nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 3))',
    input: [4, 6, 9, 9],
  },
]

const precisions = ['fp32', 'bf16'] as const
const both = precisions.flatMap((precision) => cases.map((one) => ({ ...one, precision })))
let answers: Map<string, Tensor>[] = []

beforeAll(() => {
  answers = askPyTorch(
    both.map(
      ({ python, input, precision }) => `
torch.manual_seed(7)
layer = ${python}
x = torch.randn(${JSON.stringify(input)}).requires_grad_()
torch.manual_seed(9)
with torch.autocast('cpu', torch.bfloat16, enabled=${precision === 'bf16' ? 'True' : 'False'}):
    y = layer(x)
y.float().square().sum().backward()
out = {'output': y, **layer.state_dict(), 'input.grad': x.grad}
out.update({k + '.grad': p.grad for k, p in layer.named_parameters()})`,
    ),
  )
})

const title = '$name in $precision starts, goes forward and back as in PyTorch'
const numbered = both.map((one, index) => ({ ...one, index }))
eachOnDevices(
  numbered.filter(({ draws }) => draws !== true),
  title,
  compare,
)
it.each(numbered.filter(({ draws }) => draws === true))(title, (one) => compare(one, 'cpu'))

/** To the bit on the processor; its weights and the input are drawn there for a card, too. */
function compare(
  { make, input: shape, precision, index }: (typeof numbered)[number],
  device: Device,
): void {
  manualSeed(7)
  using layer = make()
  layer.to({ device })
  const input = tidy(() => randn(shape).to({ device })).keep()
  input.requiresGrad = true
  manualSeed(9)
  const output = tidy(() =>
    autocast({ device: kindOf(device), dtype: 'bfloat16', enabled: precision === 'bf16' }, () =>
      layer.forward(input),
    ),
  )
  tidy(() => output.to({ dtype: 'float32' }).square().sum().backward())
  const ours = new Map<string, Tensor>([['output', output.detach()]])
  for (const [name, tensor] of layer.stateDict()) ours.set(name, tensor)
  for (const [name, tensor] of [...layer.namedParameters(), ['input', input] as const]) {
    if (tensor.grad !== null) ours.set(`${name}.grad`, tensor.grad)
  }
  const theirs = answers[index] ?? new Map()
  expect(unlike(ours, theirs, device, precision === 'bf16' ? 0.05 : 2e-3)).toEqual([])
  expect(theirs.size).toBe(ours.size)
}

itOnDevices(
  'Dropout leaves out its share, scales the rest, and sends gradients the same way',
  (device) => {
    tidy(() => {
      manualSeed(9)
      using layer = new nn.Dropout(0.3)
      const input = tensor(new Float32Array(10_000).fill(7), { device, requiresGrad: true })
      const output = layer.forward(input)
      output.sum().backward()
      const kept = output.ne(0).sum().item() / 10_000
      expect(kept).toBeGreaterThan(0.68)
      expect(kept).toBeLessThan(0.72)
      expect(output.max().item()).toBeCloseTo(10, 5)
      expect(input.grad?.mul(7).toNumbers()).toEqual(output.toNumbers())
    })
  },
)

itOnDevices('averages all batches with momentum null, and forgets them', (device) => {
  using layer = new nn.BatchNorm1d({ features: 1, momentum: null }).to({ device })
  for (const mean of [1, 2, 6]) layer.forward(tensor([[mean - 1], [mean + 1]], { device }))
  expect(layer.runningMean.toNumbers()).toEqual([3])
  expect(layer.runningVar.item()).toBeCloseTo(2, 6)
  layer.resetStatistics()
  expect(layer.runningMean.item()).toBe(0)
  expect(layer.runningVar.item()).toBe(1)
  expect(layer.batchesTracked.item()).toBe(0)
})

itOnDevices('normalises by the running statistics in evaluation', (device) => {
  manualSeed(3)
  using layer = new nn.BatchNorm2d({ features: 4 }).to({ device })
  const input = tidy(() => randn([8, 4, 5, 5]).to({ device })).keep()
  for (let i = 0; i < 3; i++) tidy(() => layer.forward(input))
  layer.eval()
  const ours = new Map([['output', layer.forward(input)]])
  const theirs = askPyTorch(
    [
      `
layer = torch.nn.BatchNorm2d(4)
for _ in range(3): layer(d['input'])
layer.eval()
out = {'output': layer(d['input'])}`,
    ],
    new Map([['input', input]]),
  )
  expect(unlike(ours, theirs[0] ?? new Map(), device)).toEqual([])
  expect(layer.batchesTracked.item()).toBe(3)
})

describe('"same" padding', () => {
  // tf.nn.conv2d(padding='SAME'): outputs = ceil(size / stride), the odd zero at the end.
  it.each([
    { size: 224, kernel: 3, stride: 2, expected: { before: 0, after: 1 } },
    { size: 225, kernel: 3, stride: 2, expected: { before: 1, after: 1 } },
    { size: 8, kernel: 5, stride: 2, expected: { before: 1, after: 2 } },
    { size: 7, kernel: 5, stride: 1, expected: { before: 2, after: 2 } },
    { size: 1, kernel: 3, stride: 2, expected: { before: 1, after: 1 } },
  ])('of $size by $kernel, stride $stride', ({ size, kernel, stride, expected }) => {
    expect(nn.samePadding(size, kernel, stride)).toEqual(expected)
  })

  itOnDevices('is what an explicit pad before the convolution gives', (device) => {
    manualSeed(5)
    using layer = new nn.Conv2d({
      ...{ inChannels: 3, outChannels: 4, kernelSize: 5 },
      ...{ stride: 2, padding: 'same', bias: false },
    }).to({ device })
    const input = randn([2, 3, 12, 9]).to({ device })
    const ours = new Map([['output', layer.forward(input)]])
    const theirs = askPyTorch(
      [
        `
x = torch.nn.functional.pad(d['input'], (2, 2, 1, 2))
out = {'output': torch.nn.functional.conv2d(x, d['weight'], stride=2)}`,
      ],
      new Map([
        ['input', input],
        ['weight', layer.weight],
      ]),
    )
    expect(unlike(ours, theirs[0] ?? new Map(), device)).toEqual([])
  })
})
