import { beforeEach, describe, expect } from 'vitest'
import { noGrad } from '../autograd.js'
import { memory } from '../memory.js'
import { aten, randn } from '../ops/index.js'
import { manualSeed } from '../random.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { eachOnDevices, itOnDevices } from '../testing/devices.test.support.js'
import { BatchNorm2d } from './batch-norm.js'
import { Conv2d, type ConvolutionOptions } from './convolution.js'
import { FoldedConv2d, type FoldedConvolutionOptions } from './folded-convolution.js'

const usual = { inChannels: 16, outChannels: 24, kernelSize: 3, padding: 1, bias: false } as const
const shapes: readonly (readonly [name: string, options: ConvolutionOptions])[] = [
  ['3 x 3', usual],
  ['with a bias', { ...usual, bias: true }],
  ['pointwise', { ...usual, kernelSize: 1, padding: 0 }],
  ['depthwise, stride 2', { ...usual, outChannels: 16, groups: 16, stride: 2 }],
  ['dilated', { ...usual, dilation: 2, padding: 2 }],
  ['same padding, an odd zero', { ...usual, stride: 2, padding: 'same' }],
  ['one channel', { ...usual, inChannels: 1 }],
]

const activations = {
  identity: (x: Tensor) => x,
  silu: aten.silu,
  mish: aten.mish,
  relu: aten.relu,
}

beforeEach(() => manualSeed(3))

describe.each(shapes)('a folded convolution, %s,', (_, options) => {
  const kinds = (['identity', 'silu', 'mish', 'relu'] as const).map((kind) => ({ kind }))
  eachOnDevices(kinds, 'is the convolution, its norm and $kind', ({ kind: activation }, device) =>
    tidy(() => {
      const near = device === 'cpu' ? 1e-5 : 0.01
      const { convolution, norm } = layers(options, device)
      const x = randn([2, options.inChannels, 10, 12]).to({ device })
      const plain = noGrad(() => norm.forward(convolution.forward(x)))
      const residual = randn(plain.shape).to({ device })
      const act = activations[activation]
      using folded = new FoldedConv2d(convolution, norm, { activation })
      expect(farthest(folded.forward(x), act(plain))).toBeLessThan(near)
      const added = folded.forward(x, residual)
      expect(farthest(added, act(plain.add(residual)))).toBeLessThan(near)
    }),
  )

  const halves = (['bfloat16', 'float16'] as const).map((dtype) => ({ dtype }))
  eachOnDevices(halves, 'is near in $dtype', ({ dtype }, device) =>
    tidy(() => {
      const { convolution, norm } = layers(options, device)
      const x = randn([2, options.inChannels, 10, 12]).to({ device })
      const exact = noGrad(() => aten.silu(norm.forward(convolution.forward(x))))
      using folded = new FoldedConv2d(convolution, norm, { activation: 'silu', dtype })
      const got = folded.forward(x)
      expect(got.dtype).toBe(dtype)
      expect(farthest(got, exact)).toBeLessThan(dtype === 'bfloat16' ? 0.05 : 0.01)
    }),
  )
})

itOnDevices('keeps copies, asks for no gradient, and frees them', (device) =>
  tidy(() => {
    const { convolution, norm } = layers(usual, device)
    const x = randn([1, 16, 6, 6]).to({ device })
    const before = memory.live().tensors
    for (const options of [{}, { dtype: 'bfloat16' }] satisfies FoldedConvolutionOptions[]) {
      for (const behind of [norm, null]) {
        const folded = new FoldedConv2d(convolution, behind, options)
        expect(memory.live().tensors - before).toBe(behind === null ? 1 : 2)
        tidy(() => {
          const y = folded.forward(x)
          expect(y.requiresGrad).toBe(false)
          noGrad(() => convolution.weight.add_(1))
          expect(farthest(folded.forward(x), y)).toBe(0)
        })
        folded.dispose()
        expect(memory.live().tensors).toBe(before)
      }
    }
  }),
)

function layers(options: ConvolutionOptions, device: string) {
  const convolution = new Conv2d(options)
  const norm = new BatchNorm2d({ features: options.outChannels, eps: 1e-3 })
  noGrad(() => {
    norm.weight.copy_(randn(norm.weight.shape).mul(0.3).add(1))
    norm.bias.copy_(randn(norm.weight.shape))
    norm.runningMean.copy_(randn(norm.weight.shape))
    norm.runningVar.copy_(randn(norm.weight.shape).square().add(0.5))
  })
  norm.eval()
  return { convolution: convolution.to({ device }), norm: norm.to({ device }) }
}

function farthest(a: Tensor, b: Tensor): number {
  return a
    .to({ dtype: 'float32' })
    .sub(b.to({ dtype: 'float32' }))
    .abs()
    .max()
    .item()
}
