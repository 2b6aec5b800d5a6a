import fs from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../testing/temporary.mjs'
import { findGloo } from './gloo.mjs'

describe.runIf(process.platform === 'linux')('headers of Gloo', () => {
  it.each([
    ['CPATH', ''],
    ['CMAKE_INCLUDE_PATH', ''],
    ['CMAKE_PREFIX_PATH', 'include'],
  ])('are found by %s, before those of the system', async (variable, below) => {
    const folder = temporaryFolder()
    fs.mkdirSync(join(folder, below, 'gloo'), { recursive: true })
    fs.writeFileSync(join(folder, below, 'gloo/context.h'), '')
    const env = { [variable]: `/nowhere:${folder}` }
    expect(await findGloo({ env, systemPackages: false })).toBe(join(folder, below))
  })
})
