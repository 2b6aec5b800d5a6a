import { readFileSync } from 'node:fs'
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
import { z } from 'zod'
import { createNetwork } from './create-network.js'
import { countParameters, type Network } from './network.js'
import {
  askReference,
  fixture,
  modelSection,
  type ReferenceCase,
} from './reference.test.support.js'

beforeEach(() => setThreads(1))

describe('parameters with 1,000 classes and 3 channels', () => {
  it.each([
    ['efficientnet-b0', 5_288_548],
    ['efficientnet-b1', 7_794_184],
    ['efficientnet-b2', 9_109_994],
    ['efficientnet-b3', 12_233_232],
    ['efficientnet-b4', 19_341_616],
    ['efficientnet-b5', 30_389_784],
    ['efficientnet-b6', 43_040_704],
    ['efficientnet-b7', 66_347_960],
  ] as const)('%s has %i', (architecture, parameters) => {
    using network = createNetwork(modelSection({ architecture }), { channels: 3, classes: 1000 })
    expect(countParameters(network)).toBe(parameters)
  })
})

describe('one training step, to the bit as PyTorch on the same libtorch', () => {
  const cases: ReferenceCase[] = (['torch', 'tensorflow'] as const).flatMap((flavour) =>
    (['silu', 'mish'] as const).flatMap((activation) =>
      (['fp32', 'bf16'] as const).map((precision) => ({
        architecture: 'efficientnet-b0' as const,
        activation,
        flavour,
        channels: 6,
        classes: 11,
        dropConnect: 0.2,
        dropout: 0.2,
        precision,
        seed: 7,
        threads: 1,
      })),
    ),
  )
  const [first] = cases
  if (first !== undefined) {
    cases.push({ ...first, threads: 2 }, { ...first, architecture: 'efficientnet-b2' })
  }
  let reference: ReturnType<typeof askReference>
  let images: Tensor
  let labels: Tensor

  beforeAll(() => {
    manualSeed(3)
    images = randn([6, 6, 70, 65]).contiguous({ memoryFormat: 'channelsLast' })
    labels = tensor(BigInt64Array.from([0n, 10n, 3n, 3n, 7n, 1n]))
    reference = askReference(cases, images, labels)
  })
  afterAll(() => reference[Symbol.dispose]())

  it.each(
    cases.map((of, index) => ({
      index,
      of,
      name: `${of.architecture} ${of.activation} ${of.flavour} ${of.precision}`,
    })),
  )('$name $of.precision', ({ index, of }) => {
    const expected = reference.results(index)
    setThreads(of.threads)
    manualSeed(of.seed)
    const { architecture, activation, flavour, dropConnect, dropout } = of
    const section = modelSection({
      architecture,
      activation,
      flavour,
      dropConnect,
      dropout,
      kernels: 'stock',
    })
    using network = createNetwork(section, of)
    expectSame(prefixed('initial', network.stateDict()), expected, 'initial.')
    network.to({ memoryFormat: 'channelsLast' })

    manualSeed(of.seed + 1)
    tidy(() => {
      const forward = () =>
        autocast({ dtype: 'bfloat16', enabled: of.precision === 'bf16' }, () =>
          network.forward(images),
        ).to({ dtype: 'float32' })
      network.train()
      const logits = forward()
      const loss = nn.crossEntropy(logits, labels, { labelSmoothing: 0.1 })
      loss.backward()
      expectSame(new Map([['logits', logits]]), expected, 'logits')
      expectSame(new Map([['loss', loss]]), expected, 'loss')
      const gradients = [...network.namedParameters()].map(([name, parameter]) => {
        const { grad } = parameter
        if (grad === null) throw new Error(`${name} has no gradient`)
        return [name, grad] as const
      })
      expectSame(prefixed('gradient', new Map(gradients)), expected, 'gradient.')
      using optimiser = new optim.Adam(network.parameters(), { learningRate: 1e-3 })
      optimiser.step()
      expectSame(prefixed('stepped', network.stateDict()), expected, 'stepped.')
      network.eval()
      const evaluated = noGrad(forward)
      expectSame(new Map([['evaluated', evaluated]]), expected, 'evaluated')
    })
  })
})

describe('committed fixtures, made in double precision', () => {
  const schema = z.object({
    loss: z.number(),
    logits: z.array(z.number()),
    gradientNorms: z.record(z.string(), z.number()),
    evaluated: z.array(z.number()),
  })
  const kinds = (['torch', 'tensorflow'] as const).flatMap((flavour) =>
    (['silu', 'mish'] as const).map((activation) => ({ flavour, activation })),
  )

  it.each(
    kinds.flatMap((kind) => [
      { ...kind, dtype: 'float64' as const, tolerance: 1e-9 },
      { ...kind, dtype: 'float32' as const, tolerance: 2e-3 },
    ]),
  )('$flavour $activation in $dtype', ({ flavour, activation, dtype, tolerance }) => {
    const path = fixture(`b0-${flavour}-${activation}.json`)
    const expected = schema.parse(JSON.parse(readFileSync(path, 'utf8')))
    const section = modelSection({ flavour, activation, dropConnect: 0, dropout: 0 })
    using network = createNetwork(section, { channels: 2, classes: 5 })
    network.to({ dtype, memoryFormat: 'channelsLast' })
    fill(network)
    tidy(() => {
      const images = tensor(formula('images', 4 * 2 * 45 * 61), { shape: [4, 2, 45, 61] }).to({
        dtype,
        memoryFormat: 'channelsLast',
      })
      const logits = network.train().forward(images)
      const labels = tensor(BigInt64Array.from([0n, 3n, 1n, 4n]))
      const loss = nn.crossEntropy(logits, labels, { labelSmoothing: 0.1 })
      loss.backward()
      expectClose(logits.toNumbers(), expected.logits, tolerance)
      expectClose([loss.item()], [expected.loss], tolerance)
      const norms = [...network.namedParameters()].map(
        ([, { grad }]) => grad?.pow(2).sum().sqrt().item() ?? Number.NaN,
      )
      expect([...network.namedParameters().keys()]).toEqual(Object.keys(expected.gradientNorms))
      expectClose(norms, Object.values(expected.gradientNorms), tolerance)
      const evaluated = noGrad(() => network.eval().forward(images))
      expectClose(evaluated.toNumbers(), expected.evaluated, tolerance)
    })
  })
})

it('leaves no tensor behind, in training and in evaluation', () => {
  using network = createNetwork(modelSection(), { channels: 1, classes: 3 })
  using images = randn([2, 1, 32, 32])
  const step = () => tidy(() => network.forward(images).sum().backward())
  step()
  const { tensors } = memory.live()
  step()
  network.eval()
  noGrad(() => network.forward(images)).dispose()
  expect(memory.live().tensors).toBe(tensors)
})

it('says how many features it has', () => {
  using network = createNetwork(modelSection(), { channels: 1, classes: 3 })
  tidy(() => {
    const features = noGrad(() => network.eval().features(randn([2, 1, 40, 33])))
    expect(features.shape).toEqual([2, 1280])
  })
})

function prefixed(prefix: string, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  return new Map([...tensors].map(([name, value]) => [`${prefix}.${name}`, value]))
}

/** The same names below the prefix, and the same bits. */
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

/** Equal to a share of the largest. */
function expectClose(got: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(got.length).toBe(expected.length)
  const largest = Math.max(...expected.map(Math.abs))
  got.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? Number.NaN)) / largest).toBeLessThan(tolerance)
  })
}

/** Numbers in [0, 1) by a hash of the name and the index; `formula` of reference.py. */
function formula(name: string, count: number): Float32Array {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  return Float32Array.from({ length: count }, (_, index) => unit(hash, index))
}

function unit(hash: number, index: number): number {
  let mixed = (Math.imul(index, 0x9e3779b9) + hash) >>> 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
}

/** The weights of the fixtures; `formula_weights` of reference.py. */
function fill(network: Network): void {
  for (const [name, value] of network.stateDict()) {
    if (name.endsWith('num_batches_tracked')) continue
    const numbers = Float64Array.from(unscaled(name, value.numel), scaling(name, value))
    value.copyFrom(Float64Array.from(Float32Array.from(numbers)))
  }
}

function unscaled(name: string, count: number): Float64Array {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193)
  return Float64Array.from({ length: count }, (_, index) => unit(hash, index))
}

function scaling(name: string, { shape }: Tensor): (value: number) => number {
  if (shape.length === 4) {
    const [, ...field] = shape
    const fanIn = field.reduce((product, size) => product * size, 1)
    return (value) => (value - 0.5) * Math.sqrt(24 / fanIn)
  }
  const positive = name.endsWith('running_var') || (name.endsWith('.weight') && shape.length === 1)
  return (value) => (positive ? value + 0.5 : value - 0.5)
}
