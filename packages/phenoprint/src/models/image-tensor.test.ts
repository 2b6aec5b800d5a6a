import { createHash } from 'node:crypto'
import {
  autocast,
  fused,
  manualSeed,
  noGrad,
  randn,
  setThreads,
  type Tensor,
  tidy,
} from '@phenoprint/torch'
import { beforeEach, expect, it } from 'vitest'
import { createNetwork } from './create-network.js'
import { imageTensor, joinedImages } from './image-tensor.js'
import { castingFor } from './precision.js'
import { modelSection } from './reference.test.support.js'

beforeEach(() => setThreads(2))

const kinds =
  fused.usableKernels().length > 0 ? (['stock', 'fused'] as const) : (['stock'] as const)
const networks = [
  ...kinds.map((kernels) => ({ architecture: 'efficientnet-b0', kernels }) as const),
  { architecture: 'resnet18', kernels: 'auto' },
  { architecture: 'densenet121', kernels: 'auto' },
] as const

const digest = (tensor: Tensor | null) =>
  createHash('sha256')
    .update(tensor === null ? 'none' : new Uint8Array(tensor.contiguous().memory()))
    .digest('hex')

it.each(networks)(
  'images that were rounded before give the bits of those that $architecture ($kernels) rounds',
  (section) =>
    tidy(() => {
      manualSeed(3)
      using network = createNetwork(modelSection(section), { channels: 6, classes: 5 })
      network.to({ memoryFormat: 'channelsLast' })
      const images = randn([4, 64, 48, 6])
      const floats = images.toTypedArray()
      const halves = images.to({ dtype: 'bfloat16' }).toTypedArray()
      if (!(floats instanceof Float32Array && halves instanceof Uint16Array)) throw new Error()
      const shape = [4, 6, 64, 48] as const
      const [wide, narrow] = [floats, halves].map((of) => imageTensor(of, [...shape], 'cpu'))
      if (wide === undefined || narrow === undefined) throw new Error()
      expect(narrow.dtype).toBe('bfloat16')
      expect(narrow.shape).toEqual(shape)
      expect(narrow.strides).toEqual(wide.strides)

      const step = (input: Tensor) => {
        manualSeed(4)
        network.train()
        for (const [, parameter] of network.namedParameters()) parameter.grad = null
        const logits = autocast(castingFor('cpu', 'bf16'), () => network.forward(input))
        logits.to({ dtype: 'float32' }).square().mean().backward()
        const gradients = [...network.namedParameters()].map(([, { grad }]) => digest(grad))
        return [digest(logits), ...gradients]
      }
      const whole = step(wide)
      expect(whole).not.toContain(digest(null))
      expect(step(narrow)).toEqual(whole)

      network.eval()
      using compiled = network.compileForInference('bf16')
      const predict = (input: Tensor) => noGrad(() => digest(compiled.forward(input)))
      expect(predict(narrow)).toEqual(predict(wide))
    }),
)

it('images of a batch and others behind them are one, of the same kind', () => {
  const floats = Float32Array.of(1, 2)
  expect(joinedImages(floats, null)).toBe(floats)
  expect(joinedImages(floats, Float32Array.of(3))).toEqual(Float32Array.of(1, 2, 3))
  expect(joinedImages(Uint16Array.of(4, 5), Uint16Array.of(6))).toEqual(Uint16Array.of(4, 5, 6))
})
