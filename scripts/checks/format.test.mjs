import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../setup/paths.mjs'

/** @param {string[]} args */
function node(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
  })
  return { status, output: stdout + stderr }
}

it('the code is formatted and free of what the linter knows (npm run format mends most)', () => {
  const { status, output } = node([
    join(root, 'node_modules/@biomejs/biome/bin/biome'),
    'check',
    '.',
  ])
  expect(status, output).toBe(0)
})

it('the scripts agree with their types', () => {
  const { status, output } = node([join(root, 'node_modules/typescript/bin/tsc'), '-p', 'scripts'])
  expect(status, output).toBe(0)
})
