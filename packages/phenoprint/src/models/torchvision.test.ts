import {
  autocast,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  randn,
  setThreads,
  type Tensor,
  tensor,
  tidy,
} from '@phenoprint/torch'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ConfigError } from '../errors.js'
import { createNetwork } from './create-network.js'
import { countParameters } from './network.js'
import { askReference, modelSection, type ReferenceCase } from './reference.test.support.js'

beforeEach(() => setThreads(1))

/** With 1,000 classes and 3 channels, as torchvision's documentation lists them. */
const parameters = {
  resnet18: 11_689_512,
  resnet34: 21_797_672,
  resnet50: 25_557_032,
  resnet101: 44_549_160,
  resnet152: 60_192_808,
  'resnext50-32x4d': 25_028_904,
  densenet121: 7_978_856,
  densenet161: 28_681_000,
  densenet169: 14_149_480,
  densenet201: 20_013_928,
} as const

const architectures = [
  'resnet18',
  'resnet34',
  'resnet50',
  'resnet101',
  'resnet152',
  'resnext50-32x4d',
  'densenet121',
  'densenet161',
  'densenet169',
  'densenet201',
] as const

describe('parameters with 1,000 classes and 3 channels', () => {
  it.each(architectures)('%s', (architecture) => {
    using network = createNetwork(modelSection({ architecture }), { channels: 3, classes: 1000 })
    expect(countParameters(network)).toBe(parameters[architecture])
  })
})

describe('fresh weights and one training step, to the bit as torchvision on the same libtorch', () => {
  const plain = {
    activation: 'relu',
    flavour: 'torch',
    channels: 3,
    classes: 11,
    dropConnect: 0,
    dropout: 0,
    precision: 'fp32',
    seed: 7,
    threads: 1,
  } as const
  const cases: ReferenceCase[] = [
    ...architectures.map((architecture) => ({ ...plain, architecture })),
    { ...plain, architecture: 'resnet50', precision: 'bf16' },
    { ...plain, architecture: 'densenet121', precision: 'bf16' },
  ]
  let reference: ReturnType<typeof askReference>
  let images: Tensor
  let labels: Tensor

  beforeAll(() => {
    manualSeed(3)
    images = randn([3, 3, 70, 65]).contiguous({ memoryFormat: 'channelsLast' })
    labels = tensor(BigInt64Array.from([0n, 10n, 3n]))
    reference = askReference(cases, images, labels)
  })
  afterAll(() => reference[Symbol.dispose]())

  it.each(cases.map((of, index) => ({ index, of, name: `${of.architecture} ${of.precision}` })))(
    '$name',
    ({ index, of }) => {
      const expected = reference.results(index)
      manualSeed(of.seed)
      const { architecture, precision } = of
      using network = createNetwork(modelSection({ architecture }), { channels: 3, classes: 11 })
      network.to({ memoryFormat: 'channelsLast' })
      expectSame(prefixed('initial', network.stateDict()), expected, 'initial.')
      tidy(() => {
        const casting = { device: 'cpu', dtype: 'bfloat16', enabled: precision === 'bf16' } as const
        const forward = () =>
          autocast(casting, () => network.forward(images)).to({ dtype: 'float32' })
        const logits = forward()
        nn.crossEntropy(logits, labels, { labelSmoothing: 0.1 }).backward()
        expectSame(new Map([['logits', logits]]), expected, 'logits')
        const gradients = [...network.namedParameters()].flatMap(([name, { grad }]) =>
          grad === null ? [] : [[name, grad] as const],
        )
        expectSame(prefixed('gradient', new Map(gradients)), expected, 'gradient.')
        using optimiser = new optim.Adam(network.parameters(), { learningRate: 1e-3 })
        optimiser.step()
        expectSame(prefixed('stepped', network.stateDict()), expected, 'stepped.')
        network.eval()
        expectSame(new Map([['evaluated', noGrad(forward)]]), expected, 'evaluated')
      })
    },
  )
})

describe('for inference alone', () => {
  it.each([
    { architecture: 'resnet18' },
    { architecture: 'resnext50-32x4d', activation: 'mish' },
    { architecture: 'densenet121' },
    { architecture: 'densenet121', activation: 'silu', finalActivation: false },
    { architecture: 'resnet18', head: { name: 'embedding', size: 24, scale: 30 } },
    { architecture: 'resnet18', head: { name: 'cosine', scale: 16 } },
    { architecture: 'resnet18', head: { name: 'cosine', size: 12, scale: 16 } },
  ] as const)('$architecture $activation $head.name $head.size gives the same logits', (model) => {
    manualSeed(2)
    const cellTypes = ['A', 'B']
    const shape = { channels: 6, classes: 7, cellTypes }
    using network = createNetwork(modelSection(model), shape)
    network.to({ memoryFormat: 'channelsLast' })
    tidy(() => {
      const images = randn([8, 6, 64, 48]).contiguous({ memoryFormat: 'channelsLast' })
      const types = tensor([1, 0, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 1, 0, 1, 0], { shape: [8, 2] })
      for (let step = 0; step < 3; step++) noGrad(() => network.forward(images, types))
      network.eval()
      const logits = noGrad(() => network.forward(images, types))
      const features = noGrad(() => network.features(images))
      for (const [precision, tolerance] of [
        ['fp32', 1e-4],
        ['bf16', 0.15],
      ] as const) {
        using compiled = network.compileForInference(precision)
        expect(largest(compiled.forward(images, types).sub(logits))).toBeLessThan(
          tolerance * largest(logits),
        )
        expect(largest(compiled.features(images).sub(features))).toBeLessThan(
          tolerance * largest(features),
        )
      }
    })
  })

  it.each(['resnet50', 'densenet121'] as const)('%s leaves no tensor behind', (architecture) => {
    using network = createNetwork(modelSection({ architecture }), { channels: 1, classes: 3 })
    using images = randn([2, 1, 33, 40])
    const work = () => {
      tidy(() => network.train().forward(images).sum().backward())
      using compiled = network.eval().compileForInference('fp32')
      compiled.forward(images).dispose()
    }
    work()
    const { tensors } = memory.live()
    work()
    expect(memory.live().tensors).toBe(tensors)
  })
})

it.each([
  [{ architecture: 'efficientnet-b0', activation: 'relu' }, 'model.activation: got relu'],
  [{ architecture: 'resnet18', flavour: 'tensorflow' }, 'model.flavour: got tensorflow'],
  [{ architecture: 'densenet121', kernels: 'fused' }, 'model.kernels: got fused'],
  [{ architecture: 'densenet121', dropConnect: 0.1 }, 'model.dropConnect: got 0.1'],
  [{ architecture: 'resnet18', finalActivation: false }, 'model.finalActivation: got false'],
] as const)('refuses %o', (model, message) => {
  const attempt = () => createNetwork(modelSection(model), { channels: 1, classes: 2 })
  expect(attempt).toThrow(ConfigError)
  expect(attempt).toThrow(message)
})

function largest(values: Tensor): number {
  return values.abs().max().item()
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...tensors].map(([name, value]) => [`${prefix}.${name}`, value]))
}

/** The same names below the prefix, in the same order, and the same bits. */
function expectSame(
  got: ReadonlyMap<string, Tensor>,
  all: ReadonlyMap<string, Tensor>,
  prefix: string,
): void {
  const expected = new Map([...all].filter(([name]) => name.startsWith(prefix)))
  expect([...got.keys()].sort()).toEqual([...expected.keys()].sort())
  const differing = [...got].filter(([name, value]) => {
    const other = expected.get(name)
    return other === undefined || !tidy(() => sameBits(value, other))
  })
  expect(differing.map(([name]) => name)).toEqual([])
}

function sameBits(a: Tensor, b: Tensor): boolean {
  const [left, right] = [a, b].map((value) => value.detach().contiguous().toTypedArray())
  if (left === undefined || right === undefined) return false
  return Buffer.from(left.buffer).equals(Buffer.from(right.buffer))
}
