import {
  autocast,
  fused,
  manualSeed,
  nn,
  randn,
  setThreads,
  type Tensor,
  tensor,
  tidy,
} from '@phenoprint/torch'
import { beforeEach, describe, expect, it } from 'vitest'
import { createNetwork } from './create-network.js'
import { modelSection } from './reference.test.support.js'

beforeEach(() => setThreads(2))

/** Logits and gradients of one training step. */
type Step = ReadonlyMap<string, Tensor>
type Kind = 'double' | 'stock' | 'fused'
type Section = Parameters<typeof modelSection>[0]

describe.skipIf(fused.usableKernels().length === 0)('a network of fused blocks', () => {
  it.each([
    ['efficientnet-b0', 'silu', 'torch', 'fp32', [130, 135]],
    ['efficientnet-b0', 'mish', 'tensorflow', 'fp32', [128, 128]],
    ['efficientnet-b3', 'silu', 'tensorflow', 'fp32', [96, 101]],
    ['efficientnet-b0', 'silu', 'torch', 'bf16', [66, 71]],
    ['efficientnet-b4', 'mish', 'torch', 'bf16', [32, 36]],
  ] as const)(
    '%s %s %s in %s is no further from double precision than stock operators',
    (architecture, activation, flavour, precision, size) =>
      tidy(() => {
        const section = { architecture, activation, flavour, dropConnect: 0, dropout: 0 }
        const run = (kind: Kind) => step(section, kind, size, precision === 'bf16')
        const exact = run('double')
        const ours = errors(run('fused'), exact)
        const stock = errors(run('stock'), exact)
        expect(ours.get('logits')).toBeLessThan(1.1 * (stock.get('logits') ?? 0))
        const mean = (of: ReadonlyMap<string, number>) =>
          [...of.values()].reduce((sum, each) => sum + each, 0) / of.size
        expect(mean(ours)).toBeLessThan(1.1 * mean(stock))
      }),
  )
})

function step(
  section: Section,
  kind: Kind,
  [height, width]: readonly [number, number],
  bf16: boolean,
): Step {
  manualSeed(1)
  using network = createNetwork(
    modelSection({ ...section, kernels: kind === 'fused' ? 'fused' : 'stock' }),
    { channels: 6, classes: 11 },
  )
  network.to(kind === 'double' ? { dtype: 'float64' } : { memoryFormat: 'channelsLast' })
  manualSeed(5)
  const drawn = randn([6, 6, height, width])
  const images =
    kind === 'double'
      ? drawn.to({ dtype: 'float64' })
      : drawn.contiguous({ memoryFormat: 'channelsLast' })
  const labels = tensor(BigInt64Array.from([0n, 10n, 3n, 3n, 7n, 1n]))
  network.train()
  const logits = autocast({ dtype: 'bfloat16', enabled: bf16 && kind !== 'double' }, () =>
    network.forward(images),
  )
  nn.crossEntropy(kind === 'double' ? logits : logits.to({ dtype: 'float32' }), labels).backward()
  const values = new Map([['logits', logits.detach()]])
  for (const [name, { grad }] of network.namedParameters()) {
    if (grad !== null) values.set(name, grad.clone())
  }
  return values
}

/** Of each tensor, relative to its length; those that are nothing but rounding are left out. */
function errors(given: Step, exact: Step): Map<string, number> {
  const length = (x: Tensor) => Math.sqrt(x.to({ dtype: 'float64' }).square().sum().item())
  const result = new Map<string, number>()
  for (const [name, wanted] of exact) {
    const tensor = given.get(name)
    if (tensor === undefined) throw new Error(`there is no ${name}`)
    const scale = length(wanted)
    if (scale < 1e-9) continue
    result.set(name, length(tensor.to({ dtype: 'float64' }).sub(wanted)) / scale)
  }
  return result
}
