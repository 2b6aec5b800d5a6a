import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from './setup/paths.mjs'

/** @param {string[]} args */
function bench(args) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/bench.mjs'), ...args],
    { encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

const folders = fs
  .readdirSync(join(root, 'bench'))
  .filter((name) => fs.existsSync(join(root, 'bench', name, 'run.mjs')))

it('npm run bench lists every bench, what it asks and how long it takes', () => {
  const { status, stdout } = bench([])
  expect(status).toBe(0)
  for (const name of folders)
    expect(stdout).toMatch(new RegExp(`^  ${name} +\\S.* \\(about \\d+ min\\)$`, 'm'))
})

it.each(folders)('%s says its own name, a question and its minutes', (name) => {
  expect(JSON.parse(fs.readFileSync(join(root, 'bench', name, 'bench.json'), 'utf8'))).toEqual({
    name,
    asks: expect.stringMatching(/\?$/),
    minutes: expect.any(Number),
  })
})

it('a bench that does not exist is a usage fault that names those that do', () => {
  const { status, stdout, stderr } = bench(['faster'])
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain('there is no bench "faster"')
  for (const name of folders) expect(stderr).toContain(name)
})
