import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { engine, ones, ops, type Schema, TorchError } from '../index.js'
import { operator } from './operator.js'

const schemas = engine.schemas()
const fullName = ({ name, overload }: Schema) => (overload === '' ? name : `${name}.${overload}`)

it('every operator is found, and its arguments are those of its schema', () => {
  expect(schemas.length).toBeGreaterThan(3000)
  for (const { name, overload, text } of schemas) {
    const call = operator<(...values: unknown[]) => unknown>(name, overload)
    // An argument that no schema has: found, compared by name, and not called.
    expect(() => call({ 'no such argument': 1 }), text).toThrow(
      /there is no argument "no such argument"/,
    )
  }
})

it('only objects of libtorch’s own cannot be expressed', () => {
  const foreign = schemas
    .flatMap(({ parameters, results }) => [...parameters, ...results])
    .filter(({ expressible }) => !expressible)
  const types = new Set(
    foreign.map(({ type }) => type.replace(/[?[\]]|\(.*\)/g, '').replace(/^__torch__.*/, 'class')),
  )
  expect([...types].sort()).toEqual(['Any', 'Dict', 'Storage', 'Stream', 'class'])
})

it('no operator takes the process down for arguments that are missing or wrong', () => {
  const wrong = Symbol('wrong')
  for (const schema of schemas) {
    const needed = schema.parameters.filter(
      ({ type, defaultValue }) => defaultValue === undefined && !type.endsWith('?'),
    )
    if (needed.length === 0) continue
    const call = operator<(...values: unknown[]) => unknown>(schema.name, schema.overload)
    for (const values of [[], schema.parameters.map(() => wrong)]) {
      expect(() => call(...values), schema.text).toThrow(TorchError)
      expect(() => call(...values), schema.text).toThrow(
        expect.objectContaining({ kind: 'argument', operator: fullName(schema) }),
      )
    }
  }
})

it('ops has every namespace, name and overload, and is no promise', async () => {
  const x = ones([2])
  expect(ops.aten.add.Tensor(x, x).toNumbers()).toEqual([2, 2])
  expect(ops.aten.relu(x).toNumbers()).toEqual(ops.aten.relu.default(x).toNumbers())
  expect(ops.aten.add.Tensor).toBe(ops.aten.add.Tensor)
  expect(await ops.aten).toBe(ops.aten)
  expect(Reflect.get(ops, Symbol.iterator)).toBeUndefined()
})

it('what is generated is what the schemas give now', () => {
  const script = fileURLToPath(new URL('../../scripts/generate-ops.mjs', import.meta.url))
  execFileSync(process.execPath, [script, '--check'], { stdio: 'pipe' })
})
