import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('..', import.meta.url))
const written = join(folder, 'xor.safetensors')
afterAll(() => rmSync(written, { force: true }))

it('shows an example that runs and prints what it says', () => {
  const [, example = ''] =
    /```js\n([^`]*)```/.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? []
  const [, promised] = /\/\/ (\[.*\])\n$/.exec(example) ?? []
  const arguments_ = ['--input-type=module', '--eval', example]
  const printed = execFileSync(process.execPath, arguments_, { cwd: folder, encoding: 'utf8' })
  expect(printed.trim()).toBe(promised)
  expect(existsSync(written)).toBe(true)
})
