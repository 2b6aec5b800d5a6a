import { beforeAll, describe, expect, it } from 'vitest'
import { empty, manualSeed, memory, nn, type Tensor } from '../index.js'
import { askPyTorch, differing } from '../testing/pytorch.test.support.js'

const { init } = nn
/** Convolution weights of [out 8, in / groups 4, 5, 3], large enough for vectorised drawing and small remainders. */
const shape = [8, 4, 5, 3]

const cases: readonly { name: string; fill: (tensor: Tensor) => Tensor; python: string }[] = [
  { name: 'uniform', fill: (t) => init.uniform(t), python: 'uniform_(t)' },
  {
    name: 'uniform between bounds',
    fill: (t) => init.uniform(t, -0.3, 2),
    python: 'uniform_(t, -0.3, 2)',
  },
  { name: 'normal', fill: (t) => init.normal(t, 1, 0.02), python: 'normal_(t, 1, 0.02)' },
  { name: 'constant', fill: (t) => init.constant(t, 0.1), python: 'constant_(t, 0.1)' },
  { name: 'zeros', fill: (t) => init.zeros(t), python: 'zeros_(t)' },
  { name: 'ones', fill: (t) => init.ones(t), python: 'ones_(t)' },
  {
    name: 'kaimingUniform',
    fill: (t) => init.kaimingUniform(t),
    python: "kaiming_uniform_(t, nonlinearity='relu')",
  },
  {
    name: 'kaimingUniform with a slope, fan out',
    fill: (t) => init.kaimingUniform(t, { slope: 0.2, mode: 'fanOut' }),
    python: "kaiming_uniform_(t, 0.2, 'fan_out')",
  },
  {
    name: 'kaimingNormal, fan out',
    fill: (t) => init.kaimingNormal(t, { mode: 'fanOut' }),
    python: "kaiming_normal_(t, 0, 'fan_out', 'relu')",
  },
  { name: 'xavierUniform', fill: (t) => init.xavierUniform(t), python: 'xavier_uniform_(t)' },
  {
    name: 'xavierUniform with a gain',
    fill: (t) => init.xavierUniform(t, 1.7),
    python: 'xavier_uniform_(t, 1.7)',
  },
  {
    name: 'truncatedNormal',
    fill: (t) => init.truncatedNormal(t),
    python: 'trunc_normal_(t)',
  },
  {
    name: 'truncatedNormal that draws again often',
    fill: (t) => init.truncatedNormal(t, { mean: 0.1, std: 0.7, low: -0.3, high: 0.5 }),
    python: 'trunc_normal_(t, 0.1, 0.7, -0.3, 0.5)',
  },
  {
    name: 'truncatedNormal of a narrow part',
    fill: (t) => init.truncatedNormal(t, { std: 2, low: -0.1, high: 0.6 }),
    python: 'trunc_normal_(t, 0, 2, -0.1, 0.6)',
  },
  {
    name: 'truncatedNormal of a tail',
    fill: (t) => init.truncatedNormal(t, { low: 1.5, high: 4 }),
    python: 'trunc_normal_(t, 0, 1, 1.5, 4)',
  },
]

let answers: Map<string, Tensor>[] = []
beforeAll(() => {
  answers = askPyTorch(
    cases.map(
      ({ python }) => `
torch.manual_seed(11)
t = torch.empty(${JSON.stringify(shape)})
nn.init.${python}
out = {'weights': t, 'next': torch.rand(3)}`,
    ),
  )
})

describe('draws to the bit what torch.nn.init draws, and as much:', () => {
  it.each(cases.map((one, index) => ({ ...one, index })))('$name', ({ fill, index }) => {
    manualSeed(11)
    const weights = empty(shape)
    const live = memory.live().tensors
    expect(fill(weights)).toBe(weights)
    expect(memory.live().tensors).toBe(live)
    const ours = new Map([
      ['weights', weights],
      ['next', init.uniform(empty([3]))],
    ])
    expect(differing(ours, answers[index] ?? new Map([['answer', weights]]))).toEqual([])
  })
})

it('counts the fan in and the fan out', () => {
  expect(init.fans([8, 4, 5, 3])).toEqual({ fanIn: 60, fanOut: 120 })
  expect(init.fans([7, 20])).toEqual({ fanIn: 20, fanOut: 7 })
})

it('leaves parameters trainable, and records nothing', () => {
  using layer = new nn.Linear({ inFeatures: 2, outFeatures: 2 })
  init.normal(layer.weight)
  expect(layer.weight.requiresGrad).toBe(true)
  expect(layer.weight.isLeaf).toBe(true)
})
