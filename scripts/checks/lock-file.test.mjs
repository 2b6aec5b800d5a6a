import fs from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '../setup/paths.mjs'

it('the lock file has the packages of every platform: npm ci refuses one that lacks any', () => {
  const { packages } = JSON.parse(fs.readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const missing = []
  for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      if (packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`]) continue
      missing.push(`${name}, for ${path}`)
    }
  }
  expect(missing).toEqual([])
})
