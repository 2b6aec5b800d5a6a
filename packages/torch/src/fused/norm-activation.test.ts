import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { noGrad } from '../autograd.js'
import type { DType } from '../dtype.js'
import { setThreads } from '../libtorch.js'
import { aten, randn } from '../ops/index.js'
import { manualSeed } from '../random.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import { difference, norm2 } from './block.test.support.js'
import { chooseKernels, usableKernels } from './kernels.js'
import { type NormActivation, normActivation } from './norm-activation.js'

const activations = {
  identity: (x: Tensor) => x,
  silu: aten.silu,
  mish: aten.mish,
  relu: aten.relu,
}
const [fastest] = usableKernels()
const cases = (['identity', 'silu', 'mish', 'relu'] as const).flatMap((activation) =>
  [true, false].flatMap((training) =>
    [true, false].map((residual) => ({ activation, training, residual })),
  ),
)

beforeEach(() => {
  manualSeed(7)
  setThreads(2)
})
afterEach(() => {
  if (fastest !== undefined) chooseKernels(fastest)
})

describe.each(usableKernels())('norm and activation of the build %s', (build) => {
  beforeEach(() => chooseKernels(build))

  it.each(cases)('$activation, training $training, residual $residual: as double precision', (of) =>
    tidy(() => {
      compare(of, 'float32', 1e-5)
      compare(of, 'bfloat16', 2e-2)
    }),
  )

  const sizes = [20, 88, 126, 200, 1e3, 1e5]
  const ofSizes = (['silu', 'mish', 'relu'] as const).map((activation) => ({ activation }))
  it.each(ofSizes)('$activation of values of any size: as double precision', ({ activation }) =>
    tidy(() => {
      const drawn = draw(false)
      for (const size of sizes) {
        const of = { activation, training: false }
        const residual = randn(drawn.x.shape).mul(size)
        const exact = plain({ ...drawn, residual }, of)
        const got = fused({ ...drawn, residual }, of)
        for (const name of ['y', 'gradient of residual']) {
          const [value, given] = [exact.get(name), got.get(name)]
          if (value === undefined || given === undefined) throw new Error(`no ${name}`)
          const error = norm2(given.to({ dtype: 'float64' }).sub(value)) / norm2(value)
          // A slope is a difference of numbers as large as z.
          expect(error, `${name}, ${size}`).toBeLessThan(name === 'y' ? 1e-5 : 1e-5 + 1e-6 * size)
        }
      }
    }),
  )

  it('gives the same bits for the same number of threads', () =>
    tidy(() => {
      const x = draw(true)
      for (const threads of [1, 2, 3]) {
        setThreads(threads)
        const [one, again] = [0, 0].map(() => fused(x, { activation: 'mish', training: true }))
        if (one === undefined || again === undefined) throw new Error('there are two runs')
        for (const [name, value] of one)
          expect(difference(again.get(name) as Tensor, value)).toBe(0)
      }
    }))
})

it('refuses what it cannot compute, and says why', () =>
  tidy(() => {
    const x = draw(false)
    const attempt = (changed: Partial<Drawn>) => () =>
      fused({ ...x, ...changed }, { activation: 'relu', training: true })
    expect(attempt({ x: randn([2, 12, 3, 3]) })).toThrow(/multiple of 8 channels, not 12/)
    expect(attempt({ x: randn([1, 40, 1, 1]) })).toThrow(/more than one value a channel/)
    expect(attempt({ residual: randn([3, 40, 5, 6]) })).toThrow(/the residual is \[3, 40, 5, 6\]/)
    expect(attempt({ x: x.x.detach().to({ dtype: 'float64' }) })).toThrow(/float32 or bfloat16/)
  }))

interface Drawn {
  readonly x: Tensor
  readonly residual: Tensor | null
  readonly weight: Tensor
  readonly bias: Tensor
  readonly runningMean: Tensor
  readonly runningVar: Tensor
}

type Case = Pick<NormActivation, 'activation' | 'training'>
type Values = ReadonlyMap<string, Tensor>

function draw(residual: boolean): Drawn {
  const perChannel = () => randn([40]).mul(0.3)
  const shape = [3, 40, 5, 7]
  return {
    x: randn(shape).add(0.5),
    residual: residual ? randn(shape) : null,
    weight: perChannel().add(1),
    bias: perChannel(),
    runningMean: perChannel(),
    runningVar: perChannel().square().add(0.5),
  }
}

function compare(of: Case & { readonly residual: boolean }, dtype: DType, tolerance: number): void {
  const drawn = draw(of.residual)
  const exact = plain(drawn, of)
  const rounded = (tensor: Tensor | null) => tensor?.to({ dtype }) ?? null
  const got = fused({ ...drawn, x: drawn.x.to({ dtype }), residual: rounded(drawn.residual) }, of)
  expect([...got.keys()]).toEqual([...exact.keys()])
  const largest = Math.max(...[...exact.values()].map(norm2))
  for (const [name, value] of exact) {
    const given = got.get(name)
    if (given === undefined) throw new Error(`no ${name}`)
    const floor = Math.max(norm2(value), 1e-3 * largest)
    expect(norm2(given.to({ dtype: 'float64' }).sub(value)) / floor, name).toBeLessThan(tolerance)
  }
}

function fused(drawn: Drawn, { activation, training }: Case): Values {
  const leaves = leavesOf(drawn, null)
  const { x, residual, weight, bias, runningMean, runningVar } = leaves
  const norm = { weight, bias, runningMean, runningVar, momentum: 0.1 }
  const y = normActivation(x, {
    norm,
    activation,
    training,
    eps: 1e-3,
    ...(residual === null ? {} : { residual }),
  })
  return valuesOf(y, leaves)
}

/** The same by libtorch's operators, in double precision. */
function plain(drawn: Drawn, { activation, training }: Case): Values {
  const leaves = leavesOf(drawn, 'float64')
  const { x, residual, weight, bias, runningMean, runningVar } = leaves
  const z = aten.batchNorm(x, weight, bias, runningMean, runningVar, training, 0.1, 1e-3, false)
  return valuesOf(activations[activation](residual === null ? z : z.add(residual)), leaves)
}

function leavesOf(drawn: Drawn, dtype: DType | null): Drawn {
  const copy = (tensor: Tensor, trained = true) => {
    const fresh = noGrad(() =>
      tensor
        .detach()
        .to({ dtype: dtype ?? tensor.dtype })
        .clone(),
    )
    fresh.requiresGrad = trained
    return fresh
  }
  return {
    x: copy(drawn.x),
    residual: drawn.residual === null ? null : copy(drawn.residual),
    weight: copy(drawn.weight),
    bias: copy(drawn.bias),
    runningMean: copy(drawn.runningMean, false),
    runningVar: copy(drawn.runningVar, false),
  }
}

function valuesOf(y: Tensor, leaves: Drawn): Values {
  manualSeed(29)
  y.backward(randn(y.shape).to({ dtype: y.dtype }))
  const values = new Map([['y', y.detach()]])
  for (const [name, tensor] of Object.entries(leaves)) {
    if (tensor?.grad != null) values.set(`gradient of ${name}`, tensor.grad)
    if (name.startsWith('running')) values.set(name, tensor)
  }
  return values
}
