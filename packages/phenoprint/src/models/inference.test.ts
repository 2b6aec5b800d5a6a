import {
  autocast,
  fused,
  manualSeed,
  memory,
  noGrad,
  randn,
  setThreads,
  type Tensor,
  tidy,
} from '@phenoprint/torch'
import { beforeEach, describe, expect, it } from 'vitest'
import { itOnDevices } from '../testing/devices.js'
import { createNetwork } from './create-network.js'
import type { Network } from './network.js'
import type { Precision } from './precision.js'
import { modelSection } from './reference.test.support.js'

beforeEach(() => setThreads(2))

const kinds =
  fused.usableKernels().length > 0 ? (['stock', 'fused'] as const) : (['stock'] as const)

describe.each(kinds)('a network of %s blocks for inference alone', (kernels) => {
  it.each([
    ['efficientnet-b0', 'silu', 'torch', [65, 40]],
    ['efficientnet-b0', 'mish', 'tensorflow', [32, 64]],
    ['efficientnet-b3', 'silu', 'tensorflow', [48, 33]],
  ] as const)(
    '%s %s %s is no further from double precision than in training form',
    (architecture, activation, flavour, size) =>
      tidy(() => {
        using network = trained({ architecture, activation, flavour, kernels })
        const images = randn([3, 6, ...size]).contiguous({ memoryFormat: 'channelsLast' })
        const exact = inDoublePrecision(network, { architecture, activation, flavour }, images)
        for (const precision of ['fp32', 'bf16', 'fp16'] as const) {
          using compiled = network.compileForInference(precision)
          const logits = compiled.forward(images)
          expect(logits.dtype).toBe('float32')
          // Halves have more digits than bfloat16: they may be no further off.
          const plain = forward(network, images, precision === 'fp16' ? 'bf16' : precision)
          const allowed = Math.max(1.5 * difference(plain, exact), 1e-6)
          expect(difference(logits, exact)).toBeLessThan(allowed)
          network.eval()
          const features = noGrad(() => network.features(images))
          const tolerance = precision === 'fp32' ? 1e-4 : 0.2
          expect(difference(compiled.features(images), features)).toBeLessThan(tolerance)
        }
      }),
  )

  itOnDevices('gives what the network gives', (device) =>
    tidy(() => {
      using network = trained({ kernels })
      const images = randn([3, 6, 48, 33]).contiguous({ memoryFormat: 'channelsLast' })
      const plain = forward(network, images, 'fp32')
      network.to({ device })
      for (const [precision, allowed] of [
        ['fp32', 0.01],
        ['bf16', 0.1],
        ['fp16', 0.05],
      ] as const) {
        using compiled = network.compileForInference(precision)
        const logits = compiled.forward(images.to({ device }))
        expect(logits.device).toBe(device)
        expect(difference(logits.to({ device: 'cpu' }), plain)).toBeLessThan(allowed)
      }
    }),
  )

  itOnDevices('keeps its own weights: training goes on with the other', (device) =>
    tidy(() => {
      using network = trained({ kernels }).to({ device })
      const before = memory.live().tensors
      const compiled = network.compileForInference('fp32')
      tidy(() => {
        const images = randn([2, 6, 33, 33]).to({ device })
        const logits = compiled.forward(images)
        noGrad(() => {
          for (const parameter of network.parameters()) parameter.zero_()
        })
        expect(difference(compiled.forward(images), logits)).toBe(0)
      })
      expect(network.training).toBe(true)
      compiled.dispose()
      expect(memory.live().tensors).toBe(before)
    }),
  )
})

type Section = Parameters<typeof modelSection>[0]

/** A network whose norms have seen two batches. */
function trained(section: Section): Network {
  manualSeed(1)
  const network = createNetwork(modelSection({ ...section, dropConnect: 0 }), {
    channels: 6,
    classes: 11,
  })
  noGrad(() => {
    for (let batch = 0; batch < 2; batch++) tidy(() => network.forward(randn([4, 6, 64, 64])))
  })
  return network
}

function inDoublePrecision(network: Network, section: Section, images: Tensor): Tensor {
  using exact = createNetwork(modelSection({ ...section, kernels: 'stock' }), {
    channels: 6,
    classes: 11,
  })
  exact.loadStateDict(network.stateDict())
  exact.to({ dtype: 'float64' })
  return forward(exact, images.to({ dtype: 'float64' }), 'fp32')
}

function forward(network: Network, images: Tensor, precision: Precision): Tensor {
  const wasTraining = network.training
  network.eval()
  const logits = noGrad(() =>
    autocast({ dtype: 'bfloat16', enabled: precision === 'bf16' }, () => network.forward(images)),
  )
  network.train(wasTraining)
  return logits
}

/** |a - b| / |b| */
function difference(a: Tensor, b: Tensor): number {
  const exact = b.to({ dtype: 'float64' })
  const length = (x: Tensor) => Math.sqrt(x.square().sum().item())
  return length(a.to({ dtype: 'float64' }).sub(exact)) / length(exact)
}
