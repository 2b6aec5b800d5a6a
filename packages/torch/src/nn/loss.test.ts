import { beforeAll, describe, expect, it } from 'vitest'
import {
  manualSeed,
  nn,
  randn,
  setThreads,
  type Tensor,
  TorchError,
  tensor,
  tidy,
} from '../index.js'
import { askPyTorch, differing, oracleThreads } from '../testing/pytorch.test.support.js'

const labels = () => tensor([2n, 0n, 4n, 4n, 1n, 2n])
const weight = () => tensor([0.5, 1, 2, 0.25, 3])

const cases: readonly {
  name: string
  loss: (logits: Tensor, soft: Tensor) => Tensor
  python: string
}[] = [
  { name: 'labels', loss: (x) => nn.crossEntropy(x, labels()), python: 'x, y' },
  {
    name: 'labels with smoothing',
    loss: (x) => nn.crossEntropy(x, labels(), { labelSmoothing: 0.1 }),
    python: 'x, y, label_smoothing=0.1',
  },
  {
    name: 'weighted labels with smoothing, summed',
    loss: (x) =>
      nn.crossEntropy(x, labels(), {
        weight: weight(),
        labelSmoothing: 0.2,
        reduction: 'sum',
      }),
    python: "x, y, w, label_smoothing=0.2, reduction='sum'",
  },
  {
    name: 'an ignored label, one by one',
    loss: (x) => nn.crossEntropy(x, labels(), { ignoreLabel: 4, reduction: 'none' }),
    python: "x, y, ignore_index=4, reduction='none'",
  },
  { name: 'soft targets', loss: (x, soft) => nn.crossEntropy(x, soft), python: 'x, soft' },
  {
    name: 'soft targets with smoothing',
    loss: (x, soft) => nn.crossEntropy(x, soft, { labelSmoothing: 0.3 }),
    python: 'x, soft, label_smoothing=0.3',
  },
]

let answers: Map<string, Tensor>[] = []
beforeAll(() => {
  setThreads(oracleThreads)
  answers = askPyTorch(
    cases.map(
      ({ python }) => `
torch.manual_seed(6)
x = torch.randn(6, 5, requires_grad=True)
soft = torch.randn(6, 5).softmax(1)
y = torch.tensor([2, 0, 4, 4, 1, 2]); w = torch.tensor([0.5, 1, 2, 0.25, 3])
loss = nn.functional.cross_entropy(${python})
loss.sum().backward()
out = {'loss': loss, 'gradient': x.grad}`,
    ),
  )
})

describe('cross entropy and its gradient to the bit as in PyTorch, for', () => {
  it.each(cases.map((one, index) => ({ ...one, index })))('$name', ({ loss, index }) => {
    tidy(() => {
      manualSeed(6)
      const logits = randn([6, 5])
      logits.requiresGrad = true
      const soft = randn([6, 5]).softmax(1)
      const value = loss(logits, soft)
      value.sum().backward()
      const gradient = logits.grad ?? tensor([])
      const ours = new Map([
        ['loss', value.detach()],
        ['gradient', gradient],
      ])
      expect(differing(ours, answers[index] ?? new Map([['answer', value]]))).toEqual([])
    })
  })
})

it('is the formula: -sum q ln p, with the target spread by the smoothing', () => {
  const scores = [2, -1, 0.5]
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0)
  const [a = 0, b = 0, c = 0] = scores.map((score) => score - Math.log(total))
  const hard = nn.crossEntropy(tensor([scores]), tensor([1n]), { labelSmoothing: 0.3 })
  expect(hard.item()).toBeCloseTo(-(0.1 * a + 0.8 * b + 0.1 * c), 6)
  const soft = nn.crossEntropy(tensor([scores]), tensor([[0.2, 0.5, 0.3]]))
  expect(soft.item()).toBeCloseTo(-(0.2 * a + 0.5 * b + 0.3 * c), 6)
})

it.each<[string, () => Tensor]>([
  ['a label out of range', () => tensor([3n])],
  ['labels for another batch', () => tensor([0n, 1n])],
  ['probabilities of another shape', () => tensor([[0.5, 0.5]])],
])('refuses %s', (_, target) => {
  expect(() => nn.crossEntropy(tensor([[1, 2, 3]]), target())).toThrow(TorchError)
})
