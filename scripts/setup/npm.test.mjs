import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder, write } from '../testing/temporary.mjs'
import { npmState } from './npm.mjs'

/**
 * A repository with one package that depends on `yaml`, installed as told.
 *
 * @param {object} [how]
 * @param {Record<string, object>} [how.installed] undefined: nothing is installed.
 * @param {string} [how.declares] the version in package.json.
 */
function repository({ installed, declares = '2.9.1' } = {}) {
  const root = temporaryFolder()
  const packages = {
    '': { name: 'workspace' },
    'packages/a': { dependencies: { yaml: '2.9.1' } },
    'node_modules/yaml': { version: '2.9.1' },
    'node_modules/other-system': { version: '1.0.0', optional: true },
  }
  write(join(root, 'package-lock.json'), JSON.stringify({ packages }))
  write(join(root, 'package.json'), '{}')
  write(join(root, 'packages/a/package.json'), JSON.stringify({ dependencies: { yaml: declares } }))
  if (installed !== undefined)
    write(join(root, 'node_modules/.package-lock.json'), JSON.stringify({ packages: installed }))
  return root
}

it('packages that were never installed are absent', () => {
  expect(npmState(repository())).toBe('absent')
})

it('packages of the lock file are current, without those for other systems', () => {
  expect(npmState(repository({ installed: { 'node_modules/yaml': { version: '2.9.1' } } }))).toBe(
    'current',
  )
})

it.each([
  ['another version is installed', { installed: { 'node_modules/yaml': { version: '2.8.0' } } }],
  ['one is missing', { installed: {} }],
  [
    'package.json asks for more than the lock file',
    { installed: { 'node_modules/yaml': { version: '2.9.1' } }, declares: '3.0.0' },
  ],
])('packages are outdated when %s', (_, how) => {
  expect(npmState(repository(how))).toBe('outdated')
})
