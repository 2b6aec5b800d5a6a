import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../testing/temporary.mjs'
import { requireDisk } from './disk.mjs'
import { describeFault, SetupFault } from './fault.mjs'

it('a disk with room is no fault, for a folder that does not exist yet either', () => {
  requireDisk(join(temporaryFolder(), 'not/yet'), 1, 'a test')
})

it('a disk without room is said before anything is written, with every way out', () => {
  const folder = temporaryFolder()
  let message = ''
  try {
    requireDisk(folder, 2 ** 60, 'a private copy of libtorch')
  } catch (error) {
    if (error instanceof SetupFault) message = describeFault(error)
  }
  expect(message).toMatch(
    /^setup: no disk space for a private copy of libtorch: it needs 1073741824\.0 GiB, and .* has [\d.]+ [GM]iB free\n/,
  )
  expect(message).toContain(folder)
  expect(message).toContain('PHENOPRINT_CACHE=')
  expect(message).toContain('PHENOPRINT_LIBTORCH=')
})
