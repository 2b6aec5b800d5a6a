import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const dist = fileURLToPath(new URL('.', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'phenoprint-torch-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/**
 * Runs a module that has the package of some folder as `torch`; what it prints is JSON. A package in
 * another folder has its own build, whatever the environment names.
 */
function run(code: string, packageFolder?: string): unknown {
  const entry = pathToFileURL(join(packageFolder ?? join(dist, '..'), 'dist/index.js')).href
  const program = `import * as torch from '${entry}'\nimport { readFileSync } from 'node:fs'\n${code}`
  const { PHENOPRINT_TORCH_BUILD: named, ...env } = process.env
  if (packageFolder === undefined && named !== undefined) env.PHENOPRINT_TORCH_BUILD = named
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env,
  })
  return JSON.parse(output)
}

const failure = `
try { torch.engine.version } catch ({ name, kind, message }) {
  console.log(JSON.stringify({ name, kind, message }))
}`

it('importing the package loads no libtorch; the first tensor does', () => {
  const loaded = run(`
    const loaded = () => readFileSync('/proc/self/maps', 'utf8').includes('libtorch_cpu')
    const before = loaded()
    torch.zeros([1])
    console.log(JSON.stringify([before, loaded()]))`)
  expect(loaded).toEqual([false, true])
})

it('without a build it says what to run', () => {
  cpSync(dist, join(folder, 'dist'), { recursive: true })
  const error = run(failure, folder)
  expect(error).toMatchObject({ name: 'TorchError', kind: 'engine' })
  expect(error).toHaveProperty('message', expect.stringContaining('npm run setup'))
})

it('the environment can name another build', () => {
  mkdirSync(join(folder, 'elsewhere'))
  writeFileSync(
    join(folder, 'elsewhere/current.json'),
    JSON.stringify({ addon: 'x.node', libtorch: '/named' }),
  )
  const path = run(`
    process.env.PHENOPRINT_TORCH_BUILD = ${JSON.stringify(join(folder, 'elsewhere'))}
    console.log(JSON.stringify(torch.engine.path))`)
  expect(path).toBe('/named')
})

it.each([
  ['a build that is gone', '{"addon": "gone.node", "libtorch": "/nowhere"}'],
  ['a broken current.json', '{"addon": '],
  ['a current.json that says nothing', '{"key": "value"}'],
])('with %s it says so and what to run', (_, current) => {
  cpSync(dist, join(folder, 'dist'), { recursive: true })
  mkdirSync(join(folder, 'build'))
  writeFileSync(join(folder, 'build/current.json'), current)
  const error = run(failure, folder)
  expect(error).toMatchObject({ name: 'TorchError', kind: 'engine' })
  expect(error).toHaveProperty('message', expect.stringContaining('npm run setup'))
})
