import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { engine, ops, setThreads, tensor, threads } from './index.js'

afterEach(() => {
  engine.deterministic = false
})

it('the engine tells its version, its place, its instruction set and its devices', () => {
  expect(engine.version).toMatch(/^\d+\.\d+\.\d+/)
  expect(existsSync(join(engine.path, 'lib'))).toBe(true)
  expect(engine.cpuCapability).not.toBe('')
  expect(engine.devices()[0]).toBe('cpu')
  expect(engine.cuda).toBe(engine.devices().length > 1)
  expect(engine.dtypes()).toEqual(expect.arrayContaining(['float32', 'bfloat16', 'bool', 'uint64']))
})

it('threads are set and told', () => {
  setThreads(1)
  expect(threads()).toBe(1)
  setThreads(2)
  expect(threads()).toBe(2)
  for (const count of [0, -1, 1.5, 1e9]) expect(() => setThreads(count)).toThrow(/threads|whole/)
})

it('deterministic refuses operators that are not', () => {
  const put = () => ops.aten.put(tensor([1, 2, 3]), tensor([0n]), tensor([9]))
  expect(put().toNumbers()).toEqual([9, 2, 3])
  engine.deterministic = true
  expect(engine.deterministic).toBe(true)
  expect(put).toThrow(/deterministic/)
})
