import { expect, it } from 'vitest'
import { platformWarning } from './platform.mjs'

const tested = { platform: 'linux', arch: 'x64', glibc: '2.36' }

it('a machine like those of the tests is not remarked on', () => {
  expect(platformWarning(tested)).toBeUndefined()
  expect(platformWarning({ ...tested, glibc: '2.28' })).toBeUndefined()
})

it.each([
  [{ ...tested, platform: 'darwin', arch: 'arm64' }, 'darwin on arm64 is untried'],
  [{ ...tested, arch: 'arm64' }, 'linux on arm64 is untried'],
  [{ ...tested, glibc: '2.27' }, 'glibc 2.27 is older than 2.28'],
])('any other is: %o', (machine, words) => {
  expect(platformWarning(machine)).toContain(words)
})
