import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { ones, ops, randn, TorchError, zeros } from '../index.js'

const allowed: { operators: Record<string, string[]> } = JSON.parse(
  readFileSync(new URL('../../src/ops/allow-list.json', import.meta.url), 'utf8'),
)
const names = Object.values(allowed.operators)
  .flat()
  .map((name) => `aten::${name}`)
const program = fileURLToPath(new URL('./fuzz.test.support.js', import.meta.url))

/** How the program ended, and its last line; it writes to a file, as a full pipe would refuse lines. */
function run(seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'phenoprint-fuzz-'))
  const log = openSync(join(folder, 'log'), 'w')
  try {
    const { status, signal, stderr } = spawnSync(
      process.execPath,
      [program, String(seed), '40', ...names],
      { encoding: 'utf8', stdio: ['ignore', log, 'pipe'], timeout: 120_000 },
    )
    const last = readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n').at(-1) ?? ''
    return { status, signal, stderr, last }
  } finally {
    closeSync(log)
    rmSync(folder, { recursive: true })
  }
}

it.each([1, 2])('no operator ends the process, whatever it is given: seed %d', (seed) => {
  const { status, signal, stderr, last } = run(seed)
  expect({ status, signal }, `${last}\n${stderr.slice(-500)}`).toEqual({ status: 0, signal: null })
  const { done, refused }: { done: number; refused: number } = JSON.parse(last)
  expect(done + refused).toBe(40 * names.length)
  expect(done).toBeGreaterThan(10 * names.length)
})

describe('what libtorch would read out of bounds is refused:', () => {
  const [x, map] = [ones([3]), randn([2, 4, 5])]
  const sgd = (gradients: unknown, buffers: unknown, momentum = 0) =>
    ops.aten._fused_sgd_.default([x], gradients, buffers, {
      ...{ weightDecay: 0, momentum, lr: 0.1, dampening: 0 },
      ...{ nesterov: false, maximize: false, isFirstStep: false },
    })
  const norm = (mean: unknown, training: boolean) =>
    ops.aten.native_batch_norm.default(map, null, null, mean, mean, training, 0.1, 1e-5)
  it.each<[string, () => unknown, RegExp]>([
    ['a gradient that is too short', () => sgd([ones([2])], []), /"grads" must have the shapes/],
    ['a gradient for no parameter', () => sgd([x, x], []), /"grads" must have 1 tensors/],
    ['a gradient of one element for all', () => sgd([ones([1]).expand([3])], []), /strides/],
    ['momentum without its memory', () => sgd([x], [], 0.9), /"momentum_buffer_list" must have 1/],
    [
      'scalars that are fewer than tensors',
      () => ops.aten._foreach_addcmul_.ScalarList([x], [x], [x], []),
      /"scalars" must have 1 values/,
    ],
    ['statistics of other channels', () => norm(zeros([3]), true), /"running_mean" must be \[4\]/],
    ['no statistics in evaluation', () => norm(null, false), /"running_mean" must be given/],
    [
      'an input without channels',
      () =>
        ops.aten.native_batch_norm.default(zeros([2, 0, 3]), null, null, null, null, true, 0.1, 0),
      /"input" must be \[batch, channel/,
    ],
  ])('%s', (_, work, message) => {
    expect(work).toThrow(TorchError)
    expect(work).toThrow(message)
    expect(x.toNumbers()).toEqual([1, 1, 1])
  })
})
