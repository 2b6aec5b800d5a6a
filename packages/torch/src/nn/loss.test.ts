import { beforeAll, describe, expect, it } from 'vitest'
import {
  autocast,
  manualSeed,
  nn,
  randn,
  setThreads,
  type Tensor,
  TorchError,
  tensor,
  tidy,
} from '../index.js'
import { eachOnDevices, itOnDevices, kindOf, unlike } from '../testing/devices.test.support.js'
import { askPyTorch, oracleThreads } from '../testing/pytorch.test.support.js'

const labels = ({ device }: Tensor) => tensor([2n, 0n, 4n, 4n, 1n, 2n], { device })
const weight = ({ device }: Tensor) => tensor([0.5, 1, 2, 0.25, 3], { device })

const cases: readonly {
  name: string
  loss: (logits: Tensor, soft: Tensor) => Tensor
  python: string
}[] = [
  { name: 'labels', loss: (x) => nn.crossEntropy(x, labels(x)), python: 'x, y' },
  {
    name: 'labels with smoothing',
    loss: (x) => nn.crossEntropy(x, labels(x), { labelSmoothing: 0.1 }),
    python: 'x, y, label_smoothing=0.1',
  },
  {
    name: 'weighted labels with smoothing, summed',
    loss: (x) =>
      nn.crossEntropy(x, labels(x), {
        weight: weight(x),
        labelSmoothing: 0.2,
        reduction: 'sum',
      }),
    python: "x, y, w, label_smoothing=0.2, reduction='sum'",
  },
  {
    name: 'an ignored label, one by one',
    loss: (x) => nn.crossEntropy(x, labels(x), { ignoreLabel: 4, reduction: 'none' }),
    python: "x, y, ignore_index=4, reduction='none'",
  },
  { name: 'soft targets', loss: (x, soft) => nn.crossEntropy(x, soft), python: 'x, soft' },
  {
    name: 'soft targets with smoothing',
    loss: (x, soft) => nn.crossEntropy(x, soft, { labelSmoothing: 0.3 }),
    python: 'x, soft, label_smoothing=0.3',
  },
]

const combinations = [false, true].flatMap((bf16) => cases.map((one) => ({ ...one, bf16 })))

let answers: Map<string, Tensor>[] = []
beforeAll(() => {
  setThreads(oracleThreads)
  answers = askPyTorch(
    combinations.map(
      ({ python, bf16 }) => `
torch.manual_seed(6)
features = torch.randn(6, 5, requires_grad=True)
soft = torch.randn(6, 5).softmax(1)
y = torch.tensor([2, 0, 4, 4, 1, 2]); w = torch.tensor([0.5, 1, 2, 0.25, 3])
weights = torch.randn(5, 5)
with torch.autocast('cpu', torch.bfloat16, enabled=${bf16 ? 'True' : 'False'}):
    x = features @ weights
    loss = nn.functional.cross_entropy(${python})
loss.sum().backward()
out = {'loss': loss, 'logits': x, 'gradient': features.grad}`,
    ),
  )
})

describe('cross entropy and its gradient as in PyTorch, for', () => {
  const all = combinations.map((one, index) => ({ ...one, index }))
  eachOnDevices(all, '$name, bf16 $bf16', ({ loss, bf16, index }, device) => {
    tidy(() => {
      manualSeed(6)
      const features = randn([6, 5]).to({ device })
      features.requiresGrad = true
      const soft = randn([6, 5]).softmax(1).to({ device })
      const weights = randn([5, 5]).to({ device })
      const casting = { device: kindOf(device), dtype: 'bfloat16', enabled: bf16 } as const
      const { logits, value } = autocast(casting, () => {
        const logits = features.mm(weights)
        return { logits, value: loss(logits, soft) }
      })
      value.sum().backward()
      const ours = new Map([
        ['loss', value.detach()],
        ['logits', logits.detach()],
        ['gradient', features.grad ?? tensor([])],
      ])
      expect(logits.dtype).toBe(bf16 ? 'bfloat16' : 'float32')
      const theirs = answers[index] ?? new Map([['answer', value]])
      expect(unlike(ours, theirs, device, bf16 ? 0.05 : 2e-3)).toEqual([])
    })
  })
})

itOnDevices('is the formula: -sum q ln p, with the target spread by the smoothing', (device) => {
  const scores = [2, -1, 0.5]
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0)
  const [a = 0, b = 0, c = 0] = scores.map((score) => score - Math.log(total))
  const hard = nn.crossEntropy(tensor([scores], { device }), tensor([1n], { device }), {
    labelSmoothing: 0.3,
  })
  expect(hard.item()).toBeCloseTo(-(0.1 * a + 0.8 * b + 0.1 * c), 6)
  const soft = nn.crossEntropy(tensor([scores], { device }), tensor([[0.2, 0.5, 0.3]], { device }))
  expect(soft.item()).toBeCloseTo(-(0.2 * a + 0.5 * b + 0.3 * c), 6)
})

// On the processor alone: a card that meets a label out of range ends all work of the process.
it.each<[string, () => Tensor]>([
  ['a label out of range', () => tensor([3n])],
  ['labels for another batch', () => tensor([0n, 1n])],
  ['probabilities of another shape', () => tensor([[0.5, 0.5]])],
])('refuses %s', (_, target) => {
  expect(() => nn.crossEntropy(tensor([[1, 2, 3]]), target())).toThrow(TorchError)
})
