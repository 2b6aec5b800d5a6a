import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { setThreads } from '../libtorch.js'
import { memory } from '../memory.js'
import type { FoldedWeights } from '../nn/index.js'
import { aten, randn } from '../ops/index.js'
import { manualSeed } from '../random.js'
import { tidy } from '../scope.js'
import {
  block,
  type Case,
  cases,
  difference,
  drawTensors,
  inDtype,
  type Norm,
  stockRun,
  type Tensors,
  usual,
} from './block.test.support.js'
import { FoldedHead, FoldedMBConv, type FoldedPrecision } from './folded.js'
import { chooseKernels, usableKernels } from './kernels.js'

const [fastest] = usableKernels()
const images = { memoryFormat: 'channelsLast' } as const

beforeEach(() => {
  manualSeed(11)
  setThreads(2)
})
afterEach(() => {
  if (fastest !== undefined) chooseKernels(fastest)
})

describe.each(usableKernels())('folded blocks of the build %s', (build) => {
  beforeEach(() => chooseKernels(build))

  it.each(cases)('%s: as double precision, in float32', (_, of) =>
    tidy(() => compare(of, 'float32', 1e-5)),
  )
  it.each(cases)('%s: as double precision, in bfloat16', (_, of) =>
    tidy(() => compare(of, 'bfloat16', 2e-2)),
  )

  it('give a sample the same bits in any batch, with any number of threads and in any layout', () =>
    tidy(() => {
      const of: Case = { ...block, size: [5, 9, 11] }
      const tensors = drawTensors(of)
      using folded = fold(of, tensors, 'float32')
      const all = folded.forward(tensors.x)
      for (const threads of [1, 2, 3, 7]) {
        setThreads(threads)
        expect(difference(folded.forward(tensors.x), all)).toBe(0)
        const last = folded.forward(tensors.x.narrow(0, 4, 1))
        expect(difference(last, all.narrow(0, 4, 1))).toBe(0)
      }
      const strided = tensors.x.contiguous().transpose(2, 3).contiguous().transpose(2, 3)
      expect(difference(folded.forward(strided), all)).toBe(0)
    }))

  it.each([
    ['float32', 1e-6],
    ['bfloat16', 1e-2],
  ] as const)('end a network as double precision, in %s', (precision, tolerance) =>
    tidy(() => {
      const x = randn([3, 40, 5, 7]).contiguous(images)
      const weights = { weight: randn([56, 40, 1, 1]).div(6), bias: randn([56]) }
      const maps = aten.conv2d(double(x), double(weights.weight), { bias: double(weights.bias) })
      for (const activation of ['silu', 'mish'] as const) {
        using head = new FoldedHead(weights, activation, precision)
        const act = activation === 'mish' ? aten.mish : aten.silu
        const got = head.forward(x)
        expect(got.dtype).toBe('float32')
        expect(difference(got, act(maps).mean({ dim: [2, 3] }))).toBeLessThan(tolerance)
      }
    }),
  )
})

it('keep to the build that they were packed for', () =>
  tidy(() => {
    const tensors = drawTensors(block)
    using folded = fold(block, tensors, 'float32')
    const before = folded.forward(tensors.x)
    for (const other of usableKernels()) {
      chooseKernels(other)
      expect(difference(folded.forward(tensors.x), before)).toBe(0)
    }
  }))

it('keep copies of the weights, and free them', () =>
  tidy(() => {
    const tensors = drawTensors(block)
    const before = memory.live().tensors
    const folded = fold(block, tensors, 'float32')
    tidy(() => {
      const y = folded.forward(tensors.x)
      tensors.gate.reduceBias.zero_()
      tensors.project.weight.zero_()
      expect(difference(folded.forward(tensors.x), y)).toBe(0)
    })
    folded.dispose()
    expect(() => folded.forward(tensors.x)).toThrow(/disposed/)
    expect(memory.live().tensors).toBe(before)
  }))

it('refuse images of other channels, and say so', () =>
  tidy(() => {
    using folded = fold(block, drawTensors(block), 'float32')
    expect(() => folded.forward(randn([1, 24, 5, 5]))).toThrow(/was not packed for 24 x 96/)
    expect(() => folded.forward(randn([16, 5, 5]))).toThrow(
      /\[batch, channel, y, x\], not \[16, 5, 5\]/,
    )
  }))

/** A folded block against libtorch's operators one by one, in double precision. */
function compare(drawn: Case, precision: FoldedPrecision, tolerance: number): void {
  const of: Case = { ...drawn, training: false }
  const tensors = { ...drawTensors(of), branchScale: null }
  const exact = stockRun(of, inDtype(tensors, 'float64')).y
  using folded = fold(of, tensors, precision)
  const got = folded.forward(tensors.x)
  expect(got.dtype).toBe(precision)
  expect(got.shape).toEqual(exact.shape)
  expect(difference(got, exact)).toBeLessThan(tolerance)
}

function fold(of: Case, tensors: Tensors, precision: FoldedPrecision): FoldedMBConv {
  const { stride, same, activation, residual } = { ...usual, ...of }
  const { expand, depthwise, gate, project } = tensors
  return tidy(
    () =>
      new FoldedMBConv(
        {
          expand: expand === null ? null : folded(expand),
          depthwise: folded(depthwise),
          gate,
          project: folded(project),
          stride,
          samePadding: same,
          activation,
          residual,
        },
        precision,
      ),
  )
}

/** The norm with eps 1e-3, as `stockRun` has it, in the weight. */
function folded({
  weight,
  norm,
}: {
  readonly weight: Tensors['x']
  readonly norm: Norm
}): FoldedWeights {
  const scale = double(norm.weight).div(double(norm.runningVar).add(1e-3).sqrt())
  return {
    weight: double(weight)
      .mul(scale.view([-1, 1, 1, 1]))
      .to({ dtype: 'float32' }),
    bias: double(norm.bias).sub(double(norm.runningMean).mul(scale)).to({ dtype: 'float32' }),
  }
}

function double(x: Tensors['x']) {
  return x.to({ dtype: 'float64' })
}
