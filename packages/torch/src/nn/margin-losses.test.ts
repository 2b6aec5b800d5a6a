import { beforeAll, describe, expect, it } from 'vitest'
import { manualSeed, nn, randn, type Tensor, TorchError, tensor, tidy } from '../index.js'
import { eachOnDevices, itOnDevices } from '../testing/devices.test.support.js'
import { askPyTorch } from '../testing/pytorch.test.support.js'

const groups = [[0, 3], [1, 4, 5], [2]]
const [smoothing, gamma, alpha, scale, margin] = [0.025, 2, 0.5, 30, 0.5]

/** Each loss, ours and from its formula, sample by sample and class by class. */
const cases: {
  readonly name: string
  readonly ours: (x: Tensor, q: Tensor) => Tensor
  readonly python: string
}[] = [
  {
    name: 'focal loss',
    ours: (x, q) => nn.focalLoss(x, q, { gamma, alpha }),
    python: `
p = x.exp() / x.exp().sum(1, keepdim=True)
loss = (-${alpha} * q * (1 - p) ** ${gamma} * p.log()).sum(1).mean()`,
  },
  {
    name: 'cross entropy within groups',
    ours: (x, q) => nn.groupCrossEntropy(x, q, groups),
    python: `
loss = 0
for i in range(len(x)):
    for g in groups:
        total = sum(x[i, k].exp() for k in g)
        loss = loss - sum(q[i, c] * (x[i, c].exp() / total).log() for c in g)
loss = loss / len(x)`,
  },
  {
    name: 'smoothing within groups',
    ours: (x, q) => nn.crossEntropy(x, nn.smoothWithinGroups(q, smoothing, groups)),
    python: `
s = q.clone()
for i in range(len(x)):
    for g in groups:
        for c in g:
            if len(g) > 1:
                s[i, c] = q[i, c] * (1 - ${smoothing}) + sum(q[i, k] * ${smoothing} / (len(g) - 1) for k in g if k != c)
loss = -(s * x.log_softmax(1)).sum(1).mean()`,
  },
  ...(['arcFace', 'cosFace'] as const).map((kind) => ({
    name: kind,
    ours: (x: Tensor, q: Tensor) =>
      nn.crossEntropy(nn.angularMargin(x.tanh(), q, { kind, scale, margin }), q),
    python: `
cos, m, s = x.tanh(), ${margin}, ${scale}
if '${kind}' == 'arcFace':
    t = cos.acos()
    phi = torch.where(t + m < math.pi, (t + m).cos(), cos - m * math.sin(m))
else:
    phi = cos - m
z = s * (q * phi + (1 - q) * cos)
loss = -(q * (z - z.exp().sum(1, keepdim=True).log())).sum(1).mean()`,
  })),
]

let answers: Map<string, Tensor>[] = []
let inputs = new Map<string, Tensor>()
beforeAll(() => {
  manualSeed(4)
  const soft = randn([8, 6]).mul(2).softmax(1)
  const hard = tensor([0, 1, 2, 3, 4, 5, 5, 0].map((label) => one(label, 6)))
  const logits = randn([8, 6])
  inputs = new Map([
    ['x', logits.to({ dtype: 'float64' })],
    ['soft', soft.to({ dtype: 'float64' })],
    ['hard', hard.to({ dtype: 'float64' })],
  ])
  answers = askPyTorch(
    cases.map(
      ({ python }) => `
import math
groups = ${JSON.stringify(groups)}
out = {}
for name in ('soft', 'hard'):
    x = d['x'].clone().requires_grad_(); q = d[name]
${python.replaceAll('\n', '\n    ')}
    loss.backward()
    out |= {name + ' loss': loss.detach(), name + ' gradient': x.grad}`,
    ),
    inputs,
  )
})

describe.each(['soft', 'hard'])(
  'with %s targets, as its formula says in double precision',
  (kind) => {
    const numbered = cases.map((one, index) => ({ ...one, index }))
    eachOnDevices(numbered, '$name', ({ ours, index }, device) => {
      tidy(() => {
        const expected = answers[index]
        for (const [dtype, digits] of [
          ['float64', 10],
          ['float32', device === 'cpu' ? 4 : 3],
        ] as const) {
          const x = take(inputs, 'x').to({ dtype, device }).clone()
          x.requiresGrad = true
          const loss = ours(x, take(inputs, kind).to({ dtype, device }))
          loss.backward()
          expect(loss.item()).toBeCloseTo(take(expected, `${kind} loss`).item(), digits)
          const wanted = take(expected, `${kind} gradient`).toNumbers()
          const got = x.grad?.toNumbers() ?? []
          expect(got.length).toBe(wanted.length)
          got.forEach((value, i) => {
            expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, digits)
          })
        }
      })
    })
  },
)

describe('angular margins', () => {
  const edges = [{ cosine: 1 }, { cosine: -1 }, { cosine: 1 + 1e-7 }]
  eachOnDevices(edges, 'have a finite gradient at a cosine of $cosine', ({ cosine }, device) => {
    tidy(() => {
      const x = tensor([[cosine, 0.2]], { device })
      x.requiresGrad = true
      const q = tensor([[1, 0]], { device })
      const logits = nn.angularMargin(x, q, { kind: 'arcFace', scale, margin })
      nn.crossEntropy(logits, q).backward()
      expect(x.grad?.toNumbers().every(Number.isFinite)).toBe(true)
      expect(logits.toNumbers().every(Number.isFinite)).toBe(true)
    })
  })

  itOnDevices('never fall as the angle to the target shrinks', (device) => {
    tidy(() => {
      const angles = Array.from({ length: 181 }, (_, i) => Math.PI - (i * Math.PI) / 180)
      const cosines = tensor(
        angles.map((angle) => [Math.cos(angle)]),
        { device },
      )
      const target = tensor(
        angles.map(() => [1]),
        { device },
      )
      const logits = nn
        .angularMargin(cosines, target, { kind: 'arcFace', scale: 1, margin })
        .toNumbers()
      for (let i = 1; i < logits.length; i++) {
        expect(logits[i]).toBeGreaterThan((logits[i - 1] ?? 0) - 1e-6)
      }
    })
  })

  itOnDevices('are the scaled cosines without a margin', (device) => {
    tidy(() => {
      const x = tensor([[0.5, -0.25]], { device })
      for (const kind of ['arcFace', 'cosFace'] as const) {
        const logits = nn.angularMargin(x, tensor([[0, 1]], { device }), {
          kind,
          scale: 4,
          margin: 0,
        })
        expect(logits.toNumbers()).toEqual([2, -1])
      }
    })
  })

  it('refuse a margin out of range', () => {
    const x = tensor([[0.5]])
    const attempt = (kind: 'arcFace' | 'cosFace', m: number) => () =>
      nn.angularMargin(x, x, { kind, scale: 1, margin: m })
    expect(attempt('arcFace', 4)).toThrow(TorchError)
    expect(attempt('cosFace', -0.1)).toThrow('margin of cosFace is -0.1')
  })
})

it('refuses groups that leave out a class', () => {
  const x = tensor([[1, 2, 3]])
  expect(() => nn.groupLogSoftmax(x, [[0], [2]])).toThrow('class 1 of 3')
})

function one(label: number, classes: number): number[] {
  return Array.from({ length: classes }, (_, index) => (index === label ? 1 : 0))
}

function take(tensors: ReadonlyMap<string, Tensor> | undefined, name: string): Tensor {
  const found = tensors?.get(name)
  if (found === undefined) throw new Error(`no tensor ${name}`)
  return found
}
