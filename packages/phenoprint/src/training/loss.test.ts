import { manualSeed, nn, randn, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { describe, expect, it } from 'vitest'
import { configSchema } from '../config/config.js'
import { ConfigError } from '../errors.js'
import type { Screen } from '../screen/screen.js'
import { askNumbers } from '../testing/python.js'
import { angularAt } from './angular-schedule.js'
import { classGroups } from './class-groups.js'
import { refuseUntaughtLogits, TrainingLoss } from './loss.js'
import { lossSection } from './loss.test.support.js'

const groups = [[0, 2], [1, 3], [4]]

/** In Python: the loss of each kind from its formula, `x` logits, `c` cosines, `q` targets. */
const preamble = `
import torch, math
x, c, q = (torch.tensor(d[k], dtype=torch.float64).reshape(6, 5) for k in ('x', 'c', 'q'))
x.requires_grad_(); c.requires_grad_()
groups = [[0, 2], [1, 3], [4]]
def ce(z, t): return -(t * z.log_softmax(1)).sum(1).mean()
def spread(q, s):
    t = q.clone()
    for g in groups:
        for k in g:
            if len(g) > 1: t[:, k] = (1 - s) * q[:, k] + sum(s / (len(g) - 1) * q[:, o] for o in g if o != k)
    return t
def plates(z, t):
    logs = torch.zeros_like(z)
    for g in groups: logs[:, g] = z[:, g].log_softmax(1)
    return -(t * logs).sum(1).mean()
def focal(z, t, gamma, alpha):
    p = z.softmax(1)
    return -alpha * (t * (1 - p) ** gamma * p.log()).sum(1).mean()
def arc(m, s):
    phi = torch.where(c.acos() + m < math.pi, (c.acos() + m).cos(), c - m * math.sin(m))
    return s * (q * phi + (1 - q) * c)
def cosface(m, s): return s * (q * (c - m) + (1 - q) * c)
`

const cases = [
  { loss: {}, formula: 'ce(x, q)' },
  { loss: { labelSmoothing: 0.1 }, formula: 'ce(x, .9 * q + .02)' },
  {
    loss: { labelSmoothing: 0.025, smoothOver: 'plateGroup' },
    formula: 'ce(x, spread(q, .025))',
  },
  { loss: { name: 'plateCrossEntropy' }, formula: 'plates(x, q)' },
  {
    loss: { name: 'plateCrossEntropy', labelSmoothing: 0.2, smoothOver: 'plateGroup' },
    formula: 'plates(x, spread(q, .2))',
  },
  { loss: { name: 'focal', focal: { gamma: 2, alpha: 0.5 } }, formula: 'focal(x, q, 2, .5)' },
  {
    loss: { weight: 0.8, angular: { weight: 0.1 } },
    formula: '.8 * ce(x, q) + .1 * ce(arc(.5, 30), q)',
  },
  {
    loss: { weight: 0, angular: { name: 'cosFace', scale: 16, margin: 0.2 } },
    formula: 'ce(cosface(.2, 16), q)',
  },
  {
    loss: { weight: 0, labelSmoothing: 0.1, angular: { scale: 8, margin: 0.3 } },
    formula: 'ce(arc(.3, 8), .9 * q + .02)',
  },
]

describe('each loss, as its formula says in double precision', () => {
  const [x, c, soft] = tidy(() => {
    manualSeed(8)
    return [
      randn([6, 5]).keep(),
      randn([6, 5]).tanh().keep(),
      randn([6, 5]).mul(2).softmax(1).keep(),
    ]
  })
  const labels = [0n, 1n, 2n, 3n, 4n, 2n]

  it.each(cases)('$formula', ({ loss: section, formula }) => {
    const loss = new TrainingLoss(lossSection(section), groups).at(5, 10)
    for (const isSoft of [false, true]) {
      const hard = labels.map((label) =>
        Array.from({ length: 5 }, (_, i) => Number(i === Number(label))),
      )
      const script = `${preamble}
loss = ${formula}
loss.backward()
print(json.dumps([loss.item()] + [v for t in (x, c) for v in (t.grad if t.grad is not None else torch.zeros(30)).flatten().tolist()]))`
      const expected = askNumbers(script, {
        x: x?.toNumbers(),
        c: c?.toNumbers(),
        q: isSoft ? soft?.toNumbers() : hard.flat(),
      })
      const got = tidy(() => {
        const [logits, cosines] = [x, c].map((values) => {
          const copy = (values ?? tensor([])).clone()
          copy.requiresGrad = true
          return copy
        })
        if (logits === undefined || cosines === undefined) return []
        const targets = {
          labels: tensor(BigInt64Array.from(labels)),
          soft: isSoft ? (soft ?? null) : null,
        }
        const value = loss.of({ logits, cosines: loss.needsCosines ? cosines : null }, targets)
        value.backward()
        const zeros = new Array<number>(30).fill(0)
        const gradientOf = ({ grad }: Tensor) => grad?.toNumbers() ?? zeros
        return [value.item(), ...gradientOf(logits), ...gradientOf(cosines)]
      })
      expect(got.length).toBe(expected.length)
      got.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4)
      })
    }
  })

  it('has no groups among the controls of pairs', () => {
    const section = lossSection({ name: 'plateCrossEntropy' })
    const loss = new TrainingLoss(section, groups).at(0, 1)
    tidy(() => {
      const logits = randn([2, 3])
      const targets = { labels: tensor([0n, 2n]), soft: null }
      const plain = nn.crossEntropy(logits, targets.labels).item()
      expect(loss.ofControls({ logits, cosines: null }, targets).item()).toBeCloseTo(plain, 6)
    })
  })
})

describe('weight and margin of the angular loss', () => {
  const angular = {
    name: 'arcFace',
    scale: 30,
    margin: 0.5,
    marginWarmup: 0.5,
    weight: 0.2,
  } as const

  it('the margin rises over its share of the steps, and stays', () => {
    const margins = [0, 1, 2, 4, 5, 9].map((step) => angularAt(angular, step, 10).margin)
    expect(margins).toEqual([0, 0.1, 0.2, 0.4, 0.5, 0.5])
    expect(angularAt({ ...angular, marginWarmup: 0 }, 0, 10).margin).toBe(0.5)
  })

  it('the weight goes in a line from the first step to the last', () => {
    const weights = [0, 5, 10].map(
      (step) => angularAt({ ...angular, lastWeight: 0 }, step, 11).weight,
    )
    expect(weights).toEqual([0.2, 0.1, 0])
    expect(angularAt(angular, 10, 11).weight).toBe(0.2)
  })
})

describe('classGroups', () => {
  /** Plates 0 and 1 hold treatments 0 and 1, 2 and 3; units 4 and 5 would join the two. */
  const labels = [0, 1, 2, 3, 0, 2, 6]
  const plateOf = [0, 0, 1, 1, 2, 2, 0]
  const screen: Screen = {
    name: 'groups',
    unitKind: 'well',
    channels: [],
    classes: 5,
    controlClasses: 2,
    classNames: null,
    plates: [0, 1, 2].map((plate) => ({
      ...{ id: `${plate}`, experiment: 'E', cellType: 'RPE', plate: `${plate}`, units: [] },
    })),
    units: labels.map((label, i) => ({
      ...{ id: `${i}`, well: '', code: '', label, plate: plateOf[i] ?? 0, sites: [] },
      role: label > 4 ? 'positiveControl' : 'treatment',
      part: i === 4 || i === 5 ? 'test' : 'train',
    })),
    sites: [],
    synthetic: true,
  }

  it('are the classes that share plates of the units trained on, the unseen, and the controls', () => {
    expect(classGroups(screen, [0, 1, 2, 3, 6], 7)).toEqual([[0, 1], [2, 3], [4], [5, 6]])
    expect(classGroups(screen, [0, 1, 2, 3], 5)).toEqual([[0, 1], [2, 3], [4]])
  })

  it('nothing but those units is looked at', () => {
    expect(classGroups(screen, [0, 1, 2, 3, 4, 5], 7)[0]).toEqual([0, 1, 2, 3])
  })
})

describe('refuseUntaughtLogits', () => {
  const attempt =
    (loss: object, head: object = {}) =>
    () =>
      refuseUntaughtLogits(configSchema.parse({ training: { loss }, model: { head } }))

  it('wants something to learn by', () => {
    expect(attempt({ weight: 0 })).toThrow(ConfigError)
    expect(attempt({ weight: 0, angular: { weight: 0 } })).toThrow('without an angular loss')
  })

  it('wants a cosine head where the angular loss is alone', () => {
    expect(attempt({ weight: 0, angular: {} })).toThrow('model.head linear, expected cosine')
    expect(attempt({ weight: 0, angular: {} }, { name: 'cosine' })).not.toThrow()
    expect(attempt({ weight: 0.8, angular: {} })).not.toThrow()
  })
})
