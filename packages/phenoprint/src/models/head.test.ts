import { manualSeed, noGrad, randn, setThreads, type Tensor, tensor, tidy } from '@phenoprint/torch'
import { beforeEach, describe, expect, it } from 'vitest'
import { PredictionError } from '../errors.js'
import type { Screen } from '../screen/screen.js'
import { askNumbers } from '../testing/python.js'
import { cellTypeInput } from './cell-type-input.js'
import { createNetwork } from './create-network.js'
import { createHead, type Head } from './head.js'
import { modelSection } from './reference.test.support.js'

beforeEach(() => {
  setThreads(1)
  manualSeed(5)
})

const norm = { eps: 1e-5, momentum: 0.05 }

/** What a head makes of some features and the gradient of its first parameter, in double precision. */
function computed(head: Head, features: Tensor): number[] {
  return tidy(() => {
    head.to({ dtype: 'float64' })
    const x = features.to({ dtype: 'float64' })
    const { logits, cosines } = head.scores(x)
    logits.square().sum().add(cosines.pow(3).sum()).backward()
    const gradients = [...head.namedParameters().values()].flatMap(
      ({ grad }) => grad?.toNumbers() ?? [Number.NaN],
    )
    const numbers = [...logits.toNumbers(), ...cosines.toNumbers(), ...gradients]
    head.eval()
    const predicted = noGrad(() => head.forward(x))
    return [...numbers, ...predicted.toNumbers()]
  })
}

/** The same from the formulas, in PyTorch. */
function expected(head: Head, features: Tensor, formula: string): number[] {
  const weights = [...head.namedParameters()].map(([name, value]) => [
    name,
    { shape: value.shape, values: value.toNumbers() },
  ])
  const script = `
import torch
from torch.nn import functional as F
p = {k: torch.tensor(v['values'], dtype=torch.float64).reshape(v['shape']).requires_grad_() for k, v in d['weights'].items()}
x = torch.tensor(d['x'], dtype=torch.float64).reshape(d['shape'])
running = {}
def norm(name, x, training):
    if name not in running: running[name] = (torch.zeros(x.shape[1], dtype=x.dtype), torch.ones(x.shape[1], dtype=x.dtype))
    mean, var = x.mean(0), x.var(0, unbiased=False)
    if training:
        m, v = running[name]
        running[name] = (.95 * m + .05 * mean.detach(), .95 * v + .05 * x.var(0).detach())
    else: mean, var = running[name]
    return (x - mean) / (var + 1e-5).sqrt() * p[name + '.weight'] + p[name + '.bias']
def cos(a, b): return torch.stack([torch.stack([(u @ w) / (u.norm() * w.norm()) for w in b]) for u in a])
def scores(x, training):
${formula}
logits, cosines = scores(x, True)
(logits.square().sum() + cosines.pow(3).sum()).backward()
out = logits.flatten().tolist() + cosines.flatten().tolist()
for v in p.values(): out += v.grad.flatten().tolist()
print(json.dumps(out + scores(x, False)[0].flatten().tolist()))`
  return askNumbers(script, {
    weights: Object.fromEntries(weights),
    x: features.toNumbers(),
    shape: features.shape,
  })
}

describe('each head, as its formula says in double precision', () => {
  const features = tidy(() => randn([6, 5]).keep())
  const sizes = { features: 5, classes: 4 }

  it.each([
    {
      section: { name: 'linear', scale: 30 } as const,
      formula: `
    w = p['weight']
    return x @ w.T + p['bias'], cos(x, w)`,
    },
    {
      section: { name: 'embedding', size: 7, scale: 30 } as const,
      formula: `
    a = norm('norm0', x, training) @ p['linear1.weight'].T
    b = norm('norm1', a.clamp(min=0), training) @ p['linear2.weight'].T
    e = norm('norm2', b, training)
    return e @ p['classifier.weight'].T + p['classifier.bias'], cos(e, p['directions'])`,
    },
    {
      section: { name: 'cosine', scale: 12 } as const,
      formula: `
    c = cos(x, p['weight'])
    return 12 * c, c`,
    },
    {
      section: { name: 'cosine', size: 3, scale: 12 } as const,
      formula: `
    c = cos(x @ p['embedding.weight'].T + p['embedding.bias'], p['weight'])
    return 12 * c, c`,
    },
  ])('$section.name $section.size', ({ section, formula }) => {
    using head = createHead(section, sizes, norm)
    const wanted = expected(head, features, formula)
    const got = computed(head, features)
    expect(got.length).toBe(wanted.length)
    got.forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] ?? Number.NaN, 6)
    })
  })
})

describe('the cell type as an input', () => {
  const screen = screenOf(['RPE', 'HEPG2', 'RPE'])

  it('is 1 at the cell type of each site, and a share of each where images are mixed', () => {
    const input = cellTypeInput(screen, ['HEPG2', 'RPE'])
    tidy(() => {
      expect(input?.ofSites([0, 1, 2]).toNumbers()).toEqual([0, 1, 1, 0, 0, 1])
      const mixed = { units: Int32Array.from([1, 1, 0]), shares: Float32Array.from([0.75, 1, 0.5]) }
      expect(input?.ofUnits([0, 1, 2], mixed).toNumbers()).toEqual([0.25, 0.75, 1, 0, 0, 1])
    })
    expect(cellTypeInput(screen, [])).toBeNull()
  })

  it('refuses a cell type that the network was not trained with', () => {
    const input = cellTypeInput(screen, ['RPE', 'U2OS'])
    expect(() => input?.ofSites([1])).toThrow(PredictionError)
    expect(() => input?.ofSites([1])).toThrow(/knows RPE, U2OS, and plate .* is of HEPG2/)
  })

  it('stands behind the features and moves the logits as its weights say', () => {
    const shape = { channels: 2, classes: 3, cellTypes: ['HEPG2', 'RPE'] }
    using network = createNetwork(modelSection({ architecture: 'resnet18' }), shape)
    network.eval()
    tidy(() => {
      const images = randn([1, 2, 40, 40])
      const logits = [
        [1, 0],
        [0, 1],
      ].map((row) =>
        noGrad(() => network.forward(images, tensor(row, { shape: [1, 2] })).toNumbers()),
      )
      const weight = network.stateDict().get('fc.weight')
      const columns = [512, 513].map((at) => weight?.select(1, at).toNumbers() ?? [])
      for (let c = 0; c < 3; c++) {
        const moved = (logits[0]?.[c] ?? 0) - (logits[1]?.[c] ?? 0)
        expect(moved).toBeCloseTo((columns[0]?.[c] ?? 0) - (columns[1]?.[c] ?? 0), 4)
      }
    })
  })
})

/** One unit of one site on a plate for each cell type. */
function screenOf(cellTypes: readonly string[]): Screen {
  const at = { well: 'B02', code: '', role: 'treatment', label: 0, part: 'train' } as const
  return {
    name: 'cell types',
    unitKind: 'well',
    channels: [{ name: 'nucleus' }],
    classes: 1,
    controlClasses: 0,
    classNames: null,
    plates: cellTypes.map((cellType, plate) => ({
      ...{ id: `E/${plate}`, experiment: 'E', cellType, plate: `${plate}`, units: [plate] },
    })),
    units: cellTypes.map((_, plate) => ({ ...at, id: `E/${plate}/B02`, plate, sites: [plate] })),
    sites: cellTypes.map((_, unit) => ({ id: `${unit}`, site: '1', unit, images: [] })),
    synthetic: true,
  }
}
