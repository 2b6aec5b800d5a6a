import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { autocast } from '../autograd.js'
import { setThreads } from '../libtorch.js'
import { memory } from '../memory.js'
import { aten } from '../ops/index.js'
import { manualSeed } from '../random.js'
import { tidy } from '../scope.js'
import type { Tensor } from '../tensor.js'
import {
  block,
  type Case,
  cases,
  difference,
  drawTensors,
  finish,
  inDtype,
  type Norm,
  norm2,
  type Run,
  stockRun,
  type Tensors,
  usual,
} from './block.test.support.js'
import { chooseKernels, type KernelBuild, usableKernels } from './kernels.js'
import { mbconv } from './mbconv.js'

beforeEach(() => {
  manualSeed(11)
  setThreads(2)
})
afterEach(() => {
  const [fastest] = usableKernels()
  if (fastest !== undefined) chooseKernels(fastest)
})

it('has at least one build on this processor', () => {
  expect(usableKernels()).not.toEqual([])
})

describe.each(usableKernels())('mbconv of the build %s', (build) => {
  it.each(cases)('%s: as double precision, in float32', (_, of) =>
    tidy(() => compare(build, of, 'float32', 2e-5)),
  )
  it.each(cases)('%s: as double precision, in bfloat16', (_, of) =>
    tidy(() => compare(build, of, 'bfloat16', 6e-2)),
  )

  it('gives the same for any layout of the input', () =>
    tidy(() => {
      chooseKernels(build)
      const tensors = drawTensors(block)
      const { y } = fusedRun(block, tensors, tensors.x)
      const strided = tensors.x.contiguous().transpose(2, 3).contiguous().transpose(2, 3)
      expect(difference(fusedRun(block, tensors, strided).y, y)).toBe(0)
    }))

  it('gives the same bits for the same number of threads, and nearly the same for any', () =>
    tidy(() => {
      chooseKernels(build)
      const of: Case = { ...block, size: [5, 9, 11] }
      const tensors = drawTensors(of)
      const runs = [1, 1, 2, 2, 3, 3, 7].map((threads) => {
        setThreads(threads)
        const { y, gradients } = fusedRun(of, tensors, tensors.x)
        return aten.cat([y.flatten(), ...[...gradients.values()].map((each) => each.flatten())])
      })
      const [one, again, ...others] = runs
      if (one === undefined || again === undefined) throw new Error('there are runs')
      expect(difference(one, again)).toBe(0)
      for (let i = 0; i + 1 < others.length; i += 2) {
        expect(difference(others[i] as Tensor, others[i + 1] as Tensor)).toBe(0)
      }
      for (const other of others) expect(difference(other, one)).toBeLessThan(1e-5)
    }))
})

it('keeps nothing after its tensors are gone, also when it throws', () => {
  const step = () =>
    tidy(() => {
      const tensors = drawTensors(block)
      fusedRun(block, tensors, tensors.x)
      const project = { ...tensors.project, weight: tensors.depthwise.weight }
      expect(() => fusedRun(block, { ...tensors, project }, null)).toThrow(
        /projecting weight must be/,
      )
    })
  step()
  const before = memory.live().tensors
  for (let i = 0; i < 20; i++) step()
  expect(memory.live().tensors).toBe(before)
})

it('refuses what it cannot compute, and says why', () =>
  tidy(() => {
    const tensors = drawTensors(block)
    const attempt = (of: Case, drawn = tensors) => fusedRun(of, drawn, drawn.x)
    const seven: Case = { ...block, channels: [12, 96, 24] }
    expect(() => attempt(seven, drawTensors(seven))).toThrow(
      /multiples of 8 channels, not 12, 96 and 24/,
    )
    const single: Case = { ...block, size: [1, 1, 1] }
    expect(() => attempt(single, drawTensors(single))).toThrow(/more than one value a channel/)
    const stem: Case = { ...block, source: 'stem', channels: [3, 96, 24] }
    const drawn = drawTensors(stem)
    drawn.x.requiresGrad = true
    expect(() => attempt(stem, drawn)).toThrow(/no gradient of its image/)
    expect(() => chooseKernels('neon' as KernelBuild)).toThrow(/there are: avx/)
  }))

/** Fused against double precision: output, all gradients, running statistics. */
function compare(
  build: KernelBuild,
  of: Case,
  precision: 'float32' | 'bfloat16',
  tolerance: number,
): void {
  chooseKernels(build)
  const drawn = drawTensors(of)
  const exact = stockRun(of, inDtype(drawn, 'float64'))
  const ours = autocast({ dtype: 'bfloat16', enabled: precision === 'bfloat16' }, () =>
    fusedRun(of, inDtype(drawn, 'float32'), null),
  )
  expect(ours.y.dtype).toBe(precision)
  expect(difference(ours.y, exact.y), 'output').toBeLessThan(tolerance)
  expect([...ours.gradients.keys()]).toEqual([...exact.gradients.keys()])
  const scale = Math.max(...[...exact.gradients.values()].map(norm2))
  for (const [name, gradient] of exact.gradients) {
    const given = ours.gradients.get(name)
    if (given === undefined) throw new Error(`no gradient of ${name}`)
    expect(given.shape, name).toEqual(gradient.shape)
    // A gradient that is nothing beside the others (a bias before a norm) is held to theirs.
    const floor = Math.max(norm2(gradient), 1e-3 * scale)
    expect(norm2(given.to({ dtype: 'float64' }).sub(gradient)) / floor, name).toBeLessThan(
      tolerance,
    )
  }
  for (const [name, value] of exact.running) {
    expect(difference(ours.running.get(name) as Tensor, value), name).toBeLessThan(tolerance)
  }
}

/** @param x in place of the tensors' own, or null. */
function fusedRun(of: Case, tensors: Tensors, x: Tensor | null): Run {
  const { stride, same, activation, residual, training } = { ...usual, ...of }
  const withMomentum = <Part extends { norm: Norm }>(part: Part) => ({
    ...part,
    norm: { ...part.norm, momentum: 0.1 },
  })
  const y = mbconv(x ?? tensors.x, {
    expand: tensors.expand === null ? null : withMomentum(tensors.expand),
    depthwise: withMomentum(tensors.depthwise),
    gate: tensors.gate,
    project: withMomentum(tensors.project),
    branchScale: tensors.branchScale,
    stride,
    samePadding: same,
    activation,
    residual,
    training,
    eps: 1e-3,
  })
  return finish(y, tensors)
}
