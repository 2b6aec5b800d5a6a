import { afterEach, describe, expect, it } from 'vitest'
import { autocast } from '../autograd.js'
import type { DType } from '../dtype.js'
import { aten, randn } from '../ops/index.js'
import { manualSeed } from '../random.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { chooseKernels, type KernelBuild, usableKernels } from './kernels.js'
import { pooledHead } from './pooled-head.js'

type Drawn = Record<'x' | 'weight' | 'scale' | 'shift' | 'mean' | 'variance', Tensor>

afterEach(() => {
  const [fastest] = usableKernels()
  if (fastest !== undefined) chooseKernels(fastest)
})

describe.each(usableKernels())('pooledHead of the build %s', (build) => {
  it.each([
    ['silu', [3, 24, 5, 7], 40, true],
    ['mish', [9, 40, 2, 2], 128, true],
    ['silu', [1, 16, 9, 9], 24, false],
  ] as const)(
    '%s of %j to %i channels, training %s: as double precision',
    (activation, shape, out, training) => {
      for (const [precision, tolerance] of [
        ['float32', 2e-5],
        ['bfloat16', 4e-2],
      ] as const) {
        tidy(() => compare(build, { activation, shape, out, training, precision, tolerance }))
      }
    },
  )
})

interface Case {
  readonly activation: 'silu' | 'mish'
  readonly shape: readonly [number, number, number, number]
  readonly out: number
  readonly training: boolean
  readonly precision: 'float32' | 'bfloat16'
  readonly tolerance: number
}

function compare(build: KernelBuild, of: Case): void {
  chooseKernels(build)
  manualSeed(5)
  const [, channels] = of.shape
  const drawn: Drawn = {
    x: randn([...of.shape]),
    weight: randn([of.out, channels, 1, 1]).div(Math.sqrt(channels)),
    scale: randn([of.out]).mul(0.3).add(1),
    shift: randn([of.out]),
    mean: randn([of.out]).mul(0.1),
    variance: randn([of.out]).square().add(0.5),
  }
  const seed = randn([of.shape[0], of.out])
  const exact = leaves(drawn, 'float64')
  const maps = aten.batchNorm(
    aten.conv2d(exact.x, exact.weight),
    exact.scale,
    exact.shift,
    exact.mean,
    exact.variance,
    of.training,
    0.1,
    1e-5,
    false,
  )
  const wanted = (of.activation === 'mish' ? aten.mish : aten.silu)(maps).mean({ dim: [2, 3] })
  wanted.backward(seed.to({ dtype: 'float64' }))

  const ours = leaves(drawn, 'float32')
  const norm = {
    weight: ours.scale,
    bias: ours.shift,
    runningMean: ours.mean,
    runningVar: ours.variance,
    momentum: 0.1,
  }
  const { activation, training } = of
  const given = autocast({ dtype: 'bfloat16', enabled: of.precision === 'bfloat16' }, () =>
    pooledHead(ours.x, { weight: ours.weight, norm, activation, training, eps: 1e-5 }),
  )
  given.backward(seed)
  expect(error(given, wanted), 'output').toBeLessThan(of.tolerance)
  for (const name of ['x', 'weight', 'scale', 'shift'] as const) {
    expect(error(gradientOf(ours[name]), gradientOf(exact[name])), name).toBeLessThan(of.tolerance)
  }
  for (const name of ['mean', 'variance'] as const) {
    expect(error(ours[name], exact[name]), name).toBeLessThan(of.tolerance)
  }
}

function leaves(drawn: Drawn, dtype: DType): Drawn {
  const leaf = (tensor: Tensor, trained: boolean) => {
    const fresh = tensor.to({ dtype }).clone()
    fresh.requiresGrad = trained
    return fresh
  }
  const { x, weight, scale, shift, mean, variance } = drawn
  return {
    x: leaf(x, true),
    weight: leaf(weight, true),
    scale: leaf(scale, true),
    shift: leaf(shift, true),
    mean: leaf(mean, false),
    variance: leaf(variance, false),
  }
}

function gradientOf(leaf: Tensor): Tensor {
  if (leaf.grad === null) throw new Error('a leaf has no gradient')
  return leaf.grad
}

/** |given - wanted| / |wanted| */
function error(given: Tensor, wanted: Tensor): number {
  const length = (x: Tensor) => Math.sqrt(x.square().sum().item())
  return length(given.to({ dtype: 'float64' }).sub(wanted)) / length(wanted)
}
